// What a person asked for and waits for is marked as busy; a page that refreshes itself is not.
const timers = new WeakMap();

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (!detail.requestConfig.triggeringEvent) return;
  const mark = () => detail.target.setAttribute("aria-busy", "true");
  timers.set(detail.xhr, setTimeout(mark, 300));
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  clearTimeout(timers.get(detail.xhr));
  detail.target.removeAttribute("aria-busy");
});
