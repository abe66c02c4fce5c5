// Keeps the number on a form's button: how many rows are ticked or chosen.
document.querySelectorAll("[data-ticked-in]").forEach((shown) => {
  const form = document.getElementById(shown.dataset.tickedIn);
  const count = () => {
    const rows = new FormData(form).getAll("row");
    shown.textContent = rows.filter((value) => value !== "").length;
  };
  form.addEventListener("change", count);
  count();
});
