// A check sheet while it is filled in: the count of judged items, what each answer comes to, and the result so far, by the
// rule of inspections/scoring.py (which the server applies again). Points are counted in tenths, so that they stay exact.
const sheet = document.querySelector("[data-zl-sheet]");
if (sheet) {
  const rows = [...sheet.querySelectorAll("[data-zl-ind]")];
  const tenths = (text) => Math.round(Number(text) * 10);
  const words = (points) => String(points / 10);
  const all = (selector, each) => document.querySelectorAll(selector).forEach(each);

  // How often, or null while it is not judged.
  const judged = (row) => {
    const chosen = row.querySelector("input[type=radio]:checked");
    if (!chosen) return null;
    if (chosen.value === "0") return 0;
    const typed = Number.parseInt(row.querySelector("input[type=number]").value, 10);
    return Math.min(Math.max(Number.isNaN(typed) ? 1 : typed, 1), 999);
  };

  const show = (row, count) => {
    const { zlInd: kind, code, unit, pre, rectify } = row.dataset;
    const bonus = kind === "bonus";
    const verb = bonus ? "加分" : "发现";
    row.querySelector("[data-zl-words]").textContent = count ? `${verb} ${count} ${unit}` : bonus ? "加分…" : "发现问题";
    row.querySelector("[data-zl-reason]").hidden = pre === undefined || count === null || count === Number(pre);
    const worth = count ? Math.min(count * tenths(row.dataset.points), tenths(row.dataset.cap)) : 0;
    const hit = row.querySelector("[data-zl-hit]");
    hit.hidden = !count || bonus;
    const costs = kind === "veto" ? "单项否决" : `扣 ${words(worth)} 分`;
    hit.querySelector("span").textContent = costs + (rectify ? "，提交后列入整改" : "");
    return { code, kind, count, worth, unit, name: row.dataset.name };
  };

  const count = () => {
    const found = rows.map((row) => show(row, judged(row)));
    const done = found.filter((one) => one.count !== null).length;
    const sum = (kind) => found.reduce((all, one) => all + (one.kind === kind ? one.worth : 0), 0);
    const vetoes = found.filter((one) => one.kind === "veto" && one.count);
    const base = Math.max(0, 1000 - sum("deduction"));
    const earned = Math.min(sum("bonus"), tenths(sheet.dataset.bonusCap));
    const points = Math.min(1200, base + (base > tenths(sheet.dataset.bonusAbove) ? earned : 0));
    const passes = base >= tenths(sheet.dataset.pass);
    const verdict = vetoes.length ? "单项否决，不合格" : passes ? "合格" : `不合格（低于 ${sheet.dataset.pass} 分）`;
    all("[data-zl-progress]", (bar) => { bar.value = done; });
    all("[data-zl-done]", (text) => { text.textContent = done; });
    all("[data-zl-points]", (text) => { text.textContent = words(points); });
    all("[data-zl-vetoes]", (text) => { text.textContent = vetoes.length; });
    all("[data-zl-verdict]", (text) => { text.textContent = verdict; });
    const list = sheet.querySelector("[data-zl-hits]");
    const template = sheet.querySelector("[data-zl-hit-row]");
    list.replaceChildren(...found.filter((one) => one.count && one.kind !== "bonus").map((one) => {
      const item = template.content.cloneNode(true);
      item.querySelector("strong").textContent = `${one.code} ${one.name} ${one.count} ${one.unit}`;
      item.querySelector(".zl-num").textContent = one.kind === "veto" ? "否决" : `−${words(one.worth)}`;
      return item;
    }));
    sheet.querySelector("[data-zl-rest]").hidden = done === rows.length;
  };

  // 下一个未核项: from where the last answer was given, round to the top.
  let last = -1;
  const next = () => {
    const order = [...rows.slice(last + 1), ...rows.slice(0, last + 1)];
    return order.find((row) => judged(row) === null);
  };
  all("[data-zl-next]", (link) => link.addEventListener("click", (event) => {
    event.preventDefault();
    const row = next();
    const target = row ?? sheet.querySelector("#sum");
    if (row) row.closest("details").open = true;
    target.scrollIntoView({ block: "center" });
    (row ?? target).querySelector?.("input[type=radio]")?.focus({ preventScroll: true });
  }));

  sheet.addEventListener("change", (event) => {
    const row = event.target.closest("[data-zl-ind]");
    if (row) last = rows.indexOf(row);
    count();
  });
  sheet.addEventListener("input", count);
  sheet.querySelector("[data-zl-rest] .btn")?.addEventListener("click", (event) => {
    const looked = sheet.querySelector("[name=looked]");
    if (looked.checked) return;
    looked.setCustomValidity("请先打开账号逐项看过，再勾选。");
    looked.reportValidity();
    looked.setCustomValidity("");
    event.preventDefault();
  });
  count();
}
