// Helpers of single fields: date picker, file name, password, characters left.

// A typed date with the browser's own picker behind the calendar button.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-zl-date]");
  if (!button) return;
  const input = document.getElementById(button.dataset.zlDate);
  button.parentElement.querySelector("input[type=date]")?.remove();
  const picker = document.createElement("input");
  picker.type = "date";
  picker.tabIndex = -1;
  picker.value = input.value;
  picker.addEventListener("change", () => {
    input.value = picker.value;
    picker.remove();
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  });
  button.after(picker);
  picker.showPicker();
});

// The chosen file's name stands beside the button, since the browser's own words follow its language.
document.addEventListener("change", (event) => {
  const input = event.target.closest(".zl-upload__input");
  const note = input?.closest(".zl-upload").querySelector("[data-zl-file]");
  if (!note || !input.files.length) return;
  const box = input.closest(".zl-upload");
  if ("zlCollect" in input.dataset) collect(input);
  else if (!input.multiple) for (const other of box.querySelectorAll("input[type=file]")) if (other !== input) other.value = "";
  note.textContent = [...box.querySelectorAll("input[type=file]")].flatMap((one) => [...one.files]).map((f) => f.name).join("、");
});

// A camera gives one photo at a time: those taken before stay, each under a name of its own.
const photos = new WeakMap();
const collect = (input) => {
  const all = new DataTransfer();
  const taken = [...(photos.get(input) ?? []), ...input.files];
  const renamed = taken.map((file, i) => new File([file], `照片${i + 1}.${file.name.split(".").pop()}`, { type: file.type }));
  for (const file of renamed) all.items.add(file);
  photos.set(input, renamed);
  input.files = all.files;
};

// Show / hide a password.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-zl-reveal]");
  if (!button) return;
  const input = document.getElementById(button.dataset.zlReveal);
  const shown = input.type === "text";
  input.type = shown ? "password" : "text";
  button.textContent = shown ? "显示" : "隐藏";
  button.setAttribute("aria-pressed", String(!shown));
});

// 「已写 23 字，最多 500 字」 under a text area with data-zl-count="500".
const count = (box) => {
  const note = document.getElementById(`${box.id}-n`);
  if (note) note.textContent = `已写 ${[...box.value].length} 字，最多 ${box.dataset.zlCount} 字`;
};
for (const box of document.querySelectorAll("[data-zl-count]")) count(box);
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-zl-count]")) count(event.target);
});
