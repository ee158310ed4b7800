// The runtime of classic Outlook: one file, no page, no storage. What such a runtime does not have is taken away before the file runs.
"use strict";

importScripts("/playground/static/host/office.js");
{
  const load = importScripts;
  for (const name of ["XMLHttpRequest", "WebSocket", "EventSource", "BroadcastChannel", "indexedDB", "caches", "navigator", "importScripts"]) {
    Object.defineProperty(globalThis, name, { value: undefined, configurable: true });
  }
  load("/addin/launchevent.js");
}
