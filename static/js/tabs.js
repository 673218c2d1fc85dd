// Shows one panel of a group: [data-zl-show="id"] inside [data-zl-tabs]. The address's #id opens that panel.
for (const group of document.querySelectorAll("[data-zl-tabs]")) {
  const buttons = [...group.querySelectorAll("[data-zl-show]")];
  const mark = group.dataset.zlTabs === "steps" ? "aria-current" : "aria-selected";
  const show = (id) => {
    if (!buttons.some((b) => b.dataset.zlShow === id)) return;
    for (const b of buttons) {
      const on = b.dataset.zlShow === id;
      if (mark === "aria-current") on ? b.setAttribute(mark, "step") : b.removeAttribute(mark);
      else b.setAttribute(mark, String(on));
      document.getElementById(b.dataset.zlShow).hidden = !on;
    }
  };
  for (const b of buttons) b.addEventListener("click", () => show(b.dataset.zlShow));
  // Arrow keys walk through tabs, as screen reader users expect of role="tab".
  group.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = buttons.indexOf(document.activeElement);
    if (!step || at < 0) return;
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.focus();
    show(next.dataset.zlShow);
  });
  const fromHash = () => show(location.hash.slice(1));
  addEventListener("hashchange", fromHash);
  fromHash();
}

// A button inside a panel that leads to another one (上一步, 下一步): same as pressing that step.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-zl-step]");
  if (!link) return;
  document.querySelector(`[data-zl-show="${link.dataset.zlStep}"]`)?.click();
  document.getElementById("main")?.scrollIntoView();
});

// Links from an error summary may point into a panel that is hidden: open it, then focus the field.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-zl-goto]");
  if (!link) return;
  const target = document.getElementById(link.getAttribute("href").slice(1));
  if (!target) return;
  event.preventDefault();
  const panel = target.closest("[data-zl-panel]");
  if (panel?.hidden) document.querySelector(`[data-zl-show="${panel.id}"]`).click();
  const field = target.matches("input, select, textarea") ? target : target.querySelector("input, select, textarea");
  (field ?? target).focus();
  target.scrollIntoView({ block: "center" });
});

// After a refused submission the summary is read out first.
document.querySelector(".zl-errsum[tabindex]")?.focus();
