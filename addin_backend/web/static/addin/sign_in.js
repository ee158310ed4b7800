// @ts-check
// A token of the person at the keyboard: nested app authentication where msal-browser is served and Outlook can do it, else Office's own
// sign-in. The event code asks in the same order, and never with a window.

import { accessToken as officeToken } from "./outlook.js";

const ORIGIN = "{{origin}}"; // put in when the file is served or built
const CLIENT = "{{client_id}}";
const SCOPES = [`api://${ORIGIN.replace("https://", "")}/${CLIENT}/access_as_user`];

/** @type {Promise<any> | null} */
let nested = null;

function nestedApp() {
  const msal = /** @type {any} */ (globalThis).msal;
  if (!msal || !Office.context.requirements?.isSetSupported("NestedAppAuth", "1.1")) return null;
  const auth = { clientId: CLIENT, authority: "https://login.microsoftonline.com/organizations" };
  nested ??= msal.createNestablePublicClientApplication({ auth, cache: { cacheLocation: "sessionStorage" } });
  return nested;
}

/**
 * The nested way's token, or null where that way is closed.
 * @param {boolean} ui
 * @returns {Promise<string | null>}
 */
async function nestedToken(ui) {
  try {
    const app = await nestedApp();
    if (!app) return null;
    try {
      return (await app.acquireTokenSilent({ scopes: SCOPES })).accessToken;
    } catch (silent) {
      if (!ui) throw silent;
      return (await app.acquireTokenPopup({ scopes: SCOPES })).accessToken;
    }
  } catch {
    nested = null; // a library that failed to start is asked anew
    return null;
  }
}

/**
 * A bearer token for our API. ``ui``: a window may ask the person. Rejects when neither way gives one.
 * @param {boolean} ui
 * @returns {Promise<string>}
 */
export async function accessToken(ui) {
  return (await nestedToken(ui)) || officeToken(ui);
}
