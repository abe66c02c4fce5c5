// A secret whose replacement is cancelled is not sent.
document.addEventListener("toggle", ({ target }) => {
  if (target.open) return;
  for (const box of target.querySelectorAll("input[type=password]")) box.value = "";
}, true);

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  detail.target.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  detail.target.removeAttribute("aria-busy");
  if (!detail.successful && detail.target.dataset.failure) {
    detail.target.textContent = detail.target.dataset.failure;
  }
});
