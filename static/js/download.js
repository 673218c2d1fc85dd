// <form data-zl-download>: the answer is a file. It is saved, and the page, which has changed by it, is read again.
// Anything else than a file (a refusal, nothing to export) is shown by the browser as without this script.
const nameOf = (head) => {
  const named = /filename\*=utf-8''([^;]+)/i.exec(head);
  return named ? decodeURIComponent(named[1]) : (/filename="([^"]+)"/.exec(head)?.[1] ?? "");
};

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-zl-download]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
  } catch {
    form.submit();
    return;
  }
  if (answer.type === "opaqueredirect") {
    location.reload();
    return;
  }
  const head = answer.headers.get("Content-Disposition");
  if (!answer.ok || !head) {
    form.submit();
    return;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = nameOf(head);
  link.click();
  setTimeout(() => location.reload(), 300); // the browser has taken the file over by then
});
