// A secret whose replacement is canceled is not sent.
document.addEventListener("toggle", ({ target }) => {
  if (target.open) return;
  for (const box of target.querySelectorAll("input[type=password]")) box.value = "";
}, true);

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!detail.successful && detail.target.dataset.failure) {
    detail.target.textContent = detail.target.dataset.failure;
  }
});
