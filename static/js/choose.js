// The box in a table's head that chooses all rows of the page: <input type="checkbox" data-zl-all="NAME" hidden>; there
// may be another beside it for narrow windows. <span data-zl-chosen="NAME"> says how many are chosen and, where boxes
// are marked data-unread, how many of those will be passed over.
for (const name of new Set([...document.querySelectorAll("[data-zl-all]")].map((all) => all.dataset.zlAll))) {
  const alls = [...document.querySelectorAll(`[data-zl-all="${name}"]`)];
  const boxes = [...document.querySelectorAll(`input[type="checkbox"][name="${name}"]`)];
  const said = document.querySelector(`[data-zl-chosen="${name}"]`);
  const follow = () => {
    const chosen = boxes.filter((box) => box.checked);
    for (const all of alls) {
      all.checked = chosen.length > 0 && chosen.length === boxes.length;
      all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
    }
    if (!said) return;
    const unread = chosen.filter((box) => "unread" in box.dataset).length;
    said.textContent = chosen.length ? `已选 ${chosen.length} 件${unread ? `，其中 ${unread} 件未阅，办理时会跳过` : ""}` : said.dataset.none;
  };
  for (const all of alls) {
    (all.closest("[data-zl-all-row]") ?? all).hidden = boxes.length === 0;
    all.hidden = boxes.length === 0;
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      follow();
    });
  }
  for (const box of boxes) box.addEventListener("change", follow);
  boxes[0]?.form?.addEventListener("reset", () => setTimeout(follow)); // 取消选择
  addEventListener("pageshow", follow); // a page gone back to keeps what was chosen
  follow();
}
