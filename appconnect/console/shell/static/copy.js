// Buttons that copy an ID; there are none where the browser does not let them, as on plain HTTP.
document.querySelectorAll("[data-copies]").forEach((button) => {
  if (!navigator.clipboard) return button.remove();
  const done = button.parentElement.querySelector("[data-done]");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copies);
    done.textContent = done.dataset.done;
    setTimeout(() => { done.textContent = ""; }, 2000);
  });
});
