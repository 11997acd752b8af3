// @ts-check
// Server-sent events from a fetch response: EventSource can only GET, and a question may not stand in an address.

/**
 * The events of a response, as they come.
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<{name: string, data: any}>}
 */
export async function* serverEvents(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let waiting = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      waiting = (waiting + decoder.decode(value, { stream: true })).replaceAll("\r\n", "\n");
      const pieces = waiting.split("\n\n");
      waiting = pieces.pop() ?? "";
      for (const piece of pieces) {
        const event = parsed(piece);
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * One event; nothing for a comment that only keeps the connection open.
 * @param {string} piece
 */
function parsed(piece) {
  let name = "message";
  const data = [];
  for (const line of piece.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? { name, data: JSON.parse(data.join("\n")) } : null;
}
