// The box in a table's head that chooses all rows of the page: <input type="checkbox" data-zl-all="NAME" hidden>.
for (const all of document.querySelectorAll("[data-zl-all]")) {
  const boxes = [...document.querySelectorAll(`input[type="checkbox"][name="${all.dataset.zlAll}"]`)];
  all.hidden = boxes.length === 0;
  const follow = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  for (const box of boxes) box.addEventListener("change", follow);
  follow(); // a page gone back to keeps what was chosen
}
