// Confirmation dialogs are native <dialog>: the browser keeps focus inside and closes on Escape.
// Their openers and 再看看 are links for a browser without scripts (.zl-dialog:target); with them they are buttons.
for (const link of document.querySelectorAll("a[data-zl-dialog], a[data-zl-close]")) link.setAttribute("role", "button");
document.addEventListener("keydown", (event) => {
  const link = event.key === " " ? event.target.closest("a[role=button]") : null;
  if (!link) return;
  event.preventDefault();
  link.click();
});
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-zl-dialog]");
  const closer = event.target.closest("[data-zl-close]");
  if (!opener && !closer) return;
  event.preventDefault();
  if (opener) document.getElementById(opener.dataset.zlDialog)?.showModal();
  closer?.closest("dialog").close();
});
// A dialog whose form came back with an error opens again.
const again = document.querySelector("dialog[data-zl-open]");
again?.showModal();
again?.removeAttribute("data-zl-open");

// The decision names the button: one primary action, whose words follow the choice.
document.addEventListener("change", (event) => {
  const radio = event.target.closest("input[type=radio][data-label]");
  const submit = radio?.form?.querySelector("[data-zl-decide]");
  if (submit) submit.textContent = radio.dataset.label;
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-zl-print]")) print();
});
