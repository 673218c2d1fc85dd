// Stock phrases (常用语) are added to the comment, never replace what was typed.
document.addEventListener("click", (event) => {
  const phrase = event.target.closest("[data-zl-phrase]");
  if (!phrase) return;
  const box = document.querySelector(phrase.dataset.zlPhrase);
  box.value += (box.value && !/[。；]$/.test(box.value) ? "；" : "") + phrase.textContent.trim();
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
});
