// What an address asks of the desk: ?finding=c3 makes that finding the current one, &tool=measure
// takes the caliper to it. On a signed review it asks first whether to supersede that.

export function connect(reader) {
  const asked = new URLSearchParams(location.search);
  const { desk, viewer } = reader;
  const key = asked.get("finding");
  if (!key || !desk?.review.get(key)) return;
  const wantsCaliper = asked.get("tool") === "measure";
  const begin = () => {
    desk.judging.go(key);
    if (wantsCaliper) takeCaliper(reader);
  };
  if (viewer.isOpen) begin();
  else viewer.addEventListener("viewrest", begin, { once: true, signal: reader.signal });
}

function takeCaliper(reader) {
  const { desk } = reader;
  if (desk.review.isOpen) desk.measure();
  else reader.querySelector("[data-supersede]")?.click();
}
