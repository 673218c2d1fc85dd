// <button data-zl-print hidden>: prints the page. Without script the browser's own command does.
for (const button of document.querySelectorAll("[data-zl-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
