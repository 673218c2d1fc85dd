// <div data-zl-poll="#note" hx-trigger="every …">: while nobody answers, the element #note is shown, buttons marked
// data-zl-online rest, and the portal is asked every ten seconds only. With the next answer all is as before.
const PAUSE = 10000;
let lost = 0; // when the last question without an answer was sent; 0: the last one was answered

const polled = (event) => event.detail.elt?.closest?.("[data-zl-poll]");

const show = (element, gone) => {
  const note = document.querySelector(element.dataset.zlPoll);
  if (note) note.hidden = !gone;
  for (const button of document.querySelectorAll("button[data-zl-online]")) button.disabled = gone;
};

document.addEventListener("htmx:beforeRequest", (event) => {
  if (!polled(event)) return;
  if (lost && Date.now() - lost < PAUSE) event.preventDefault();
  else if (lost) lost = Date.now();
});
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const element = polled(event);
    if (!element) return;
    lost ||= Date.now();
    show(element, true);
  });
}
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const element = polled(event);
  if (!element || event.detail.xhr.status >= 400) return;
  if (new URL(event.detail.xhr.responseURL).pathname !== new URL(element.getAttribute("hx-get"), location).pathname) {
    event.preventDefault(); // signed out: the answer is the page for signing in
    location.reload();
    return;
  }
  lost = 0;
  show(element, false);
});
