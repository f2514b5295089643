// The API's page: the schema drawn by Swagger UI, calls made as the person logged in.
const place = document.getElementById("api-docs");

function withCsrf(request) {
  if (request.method && request.method !== "GET") {
    request.headers["X-CSRFToken"] = place.dataset.csrf;
  }
  return request;
}

window.SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  deepLinking: false, // its links would lie inside of buttons
  docExpansion: "none", // Swagger UI draws nothing after the first tag when all of 130 lie open
  requestInterceptor: withCsrf,
});
