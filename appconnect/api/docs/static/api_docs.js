const main = document.getElementById("swagger-ui");
SwaggerUIBundle({
  domNode: main,
  url: main.dataset.description,
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
