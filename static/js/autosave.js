// Saves a form while it is filled: <form data-zl-autosave="URL">. Sends the form as it would be submitted, without files;
// the server answers JSON {"saved_at": "14:05"}, with the new "version" of a form that has one. The page's [data-zl-saved]
// says how things stand. What was typed is never lost silently: a failed save says so, is tried again, and the browser
// asks before the page is left.
const PAUSE = 1500;
const RETRY = 10000;

for (const form of document.querySelectorAll("form[data-zl-autosave]")) {
  const status = document.querySelector("[data-zl-saved]");
  const say = (words, state) => {
    if (!status) return;
    status.querySelector("[data-zl-words]").textContent = words;
    status.dataset.zlSaved = state;
  };
  let typed = 0; // counts changes, so that a change made during a save is saved again
  let saved = 0;
  let timer = 0;
  let running = null;

  const body = () => {
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    return data;
  };
  const later = (pause) => {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  };
  let ended = Promise.resolve();
  const save = () => {
    if (!running && typed !== saved) ended = send();
    return ended;
  };
  async function send() {
    const now = typed;
    say("正在保存…", "busy");
    try {
      running = fetch(form.dataset.zlAutosave, {
        method: "POST", body: body(), keepalive: true, headers: { Accept: "application/json" },
      });
      const answer = await running;
      if (answer.status === 401 || answer.redirected) {
        say("登录已过期，没有保存。请在新窗口登录后回到本页。", "failed");
        later(RETRY);
      } else if (answer.ok) {
        const { saved_at: at, version } = await answer.json();
        saved = now;
        if (version && form.elements.version) form.elements.version.value = version;
        say(`已保存 ${at}`, "done");
        form.dispatchEvent(new Event("zl:saved", { bubbles: true })); // what the rules say now is read again
      } else if (answer.status < 500) {
        // Refused for good: the filing has moved on, or this window's sign-in was replaced by another.
        const refusal = await answer.json().catch(() => ({}));
        say(refusal.message ?? "登录有变动，没有保存。请先复制刚写的内容，再刷新本页。", "failed");
        return;
      } else {
        say("没有保存成功，稍后自动再试。", "failed");
        later(RETRY);
      }
    } catch {
      say("网络不通，没有保存；恢复后自动再试。", "failed");
      later(RETRY);
    } finally {
      running = null;
    }
    if (saved === now && typed !== now) later(PAUSE);
  }

  form.addEventListener("input", () => { typed += 1; later(PAUSE); });
  form.addEventListener("change", () => { typed += 1; later(PAUSE); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  addEventListener("online", save);
  form.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    if (running && form.elements.version) { // the save under way brings the version that this page then has
      event.preventDefault();
      await Promise.allSettled([ended]);
      form.requestSubmit(event.submitter);
      return;
    }
    saved = typed;
  });
  addEventListener("beforeunload", (event) => { if (typed !== saved) event.preventDefault(); });
}
