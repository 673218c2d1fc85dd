// <button data-zl-copy="#box" hidden>, beside a [role=status]: copies what the box holds. Without script it is chosen and
// copied by hand; so it is where a page without https may not write to the clipboard.
for (const button of document.querySelectorAll("[data-zl-copy]")) {
  const box = document.querySelector(button.dataset.zlCopy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    box.focus();
    box.select();
    let done;
    try {
      await navigator.clipboard.writeText(box.value);
      done = true;
    } catch {
      done = document.execCommand("copy");
    }
    button.parentElement.querySelector("[role=status]").textContent = done ? "已复制" : "已选中，请按 Ctrl+C 复制";
  });
}
