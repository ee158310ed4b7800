// Something of the add-in that runs apart from this page: the event code in a worker or a frame, or the task pane in a frame.

const HIDDEN_PAGE = "/playground/host/launchevent.html";
const CLASSIC = "/playground/static/host/classic.js";

/** One connection: ``calls`` are what the add-in may ask for by name; each gives a value or throws {name, message}. */
class Line {
  constructor(calls) {
    this.calls = calls;
    this.number = 0;
    this.launched = new Map();
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.far = port2;
    this.port.onmessage = ({ data }) => this.take(data);
  }

  async take(data) {
    if (data.completed !== undefined) {
      this.launched.get(data.completed)?.(data.options);
      return;
    }
    try {
      const call = this.calls[data.ask];
      if (!call) throw { name: "NotSupported", message: data.ask };
      this.port.postMessage({ answer: data.id, value: await call(...data.args) });
    } catch (error) {
      this.port.postMessage({ answer: data.id, error: { name: error.name ?? "InternalError", message: String(error.message ?? ""), code: 9000 } });
    }
  }

  /** Run an action of the event code; the options that it completes with, each time that it does. */
  launch(name, done) {
    this.number += 1;
    this.launched.set(this.number, done);
    this.port.postMessage({ launch: name, id: this.number });
  }

  tell(message) {
    this.port.postMessage(message);
  }

  close() {
    this.port.close();
  }
}

/** The event code without a page, as classic Outlook runs it. */
export function startScript(connect, calls, failed) {
  const line = new Line(calls);
  const worker = new Worker(CLASSIC);
  worker.onerror = failed;
  worker.onmessage = ({ data }) => data.hello && worker.postMessage({ connect }, [line.far]);
  return { line, stop: () => (line.close(), worker.terminate()) };
}

function connectFrame(frame, connect, line) {
  const hello = ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== location.origin || !data?.hello) return;
    window.removeEventListener("message", hello);
    frame.contentWindow.postMessage({ connect }, location.origin, [line.far]);
  };
  window.addEventListener("message", hello);
  return () => window.removeEventListener("message", hello);
}

/** The event code in a page that nobody sees, as Outlook on the web and on Mac run it. */
export function startPage(connect, calls, failed) {
  const line = new Line(calls);
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.title = "Send sikkert";
  frame.onerror = failed;
  const forget = connectFrame(frame, connect, line);
  frame.src = HIDDEN_PAGE;
  document.body.append(frame);
  return { line, stop: () => (forget(), line.close(), frame.remove()) };
}

/** The task pane in ``place``. */
export function openPane(place, connect, calls) {
  const line = new Line(calls);
  const frame = document.createElement("iframe");
  frame.title = "Send sikkert";
  const forget = connectFrame(frame, connect, line);
  frame.src = "/playground/host/taskpane.html";
  place.replaceChildren(frame);
  return { line, stop: () => (forget(), line.close(), frame.remove()) };
}
