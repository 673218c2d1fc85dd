// Confirmation dialogs are native <dialog>: the browser keeps focus inside and closes on Escape.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-zl-dialog]");
  if (opener) document.getElementById(opener.dataset.zlDialog)?.showModal();
  event.target.closest("[data-zl-close]")?.closest("dialog").close();
});
// A dialog whose form came back with an error opens again.
document.querySelector("dialog[data-zl-open]")?.showModal();

// The decision names the button: one primary action, whose words follow the choice.
document.addEventListener("change", (event) => {
  const radio = event.target.closest("input[type=radio][data-label]");
  const submit = radio?.form?.querySelector("[data-zl-decide]");
  if (submit) submit.textContent = radio.dataset.label;
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-zl-print]")) print();
});
