// What the server tells the scripts: the page's facts and the words in the reader's language.

/**
 * @typedef {object} Words every key the scripts use; `{…}` marks what they fill in
 * @property {string} add_pasted       Add the pasted text as a file | Geplakte tekst als bestand toevoegen
 * @property {string} answer_complete  Answer complete, {n} words. | Antwoord klaar, {n} woorden.
 * @property {string} answering        {who} is answering | {who} antwoordt
 * @property {string} being_read       being read | wordt gelezen
 * @property {string} chat_deleted     Chat deleted. | Chat verwijderd.
 * @property {string} connection_lost  The connection was lost. The answer goes on. | De verbinding viel weg. Het antwoord gaat door.
 * @property {string} copied           Copied. | Gekopieerd.
 * @property {string} copy_failed      Copying is not possible here: select the text. | Kopiëren kan hier niet: selecteer de tekst.
 * @property {string} copy_markdown    Copy as Markdown | Kopiëren als Markdown
 * @property {string} delete           Delete | Verwijderen
 * @property {string} delete_title     Delete “{title}”? | ‘{title}’ verwijderen?
 * @property {string} deleted_elsewhere This chat was deleted in another window. | Deze chat is in een ander venster verwijderd.
 * @property {string} empty_file       Empty file. | Leeg bestand.
 * @property {string} export           Export | Exporteren
 * @property {string} file_failed      cannot be read | niet leesbaar
 * @property {string} latest           To the latest | Naar het laatste
 * @property {string} more_for         More for “{title}” | Meer voor ‘{title}’
 * @property {string} new_title        New title | Nieuwe titel
 * @property {string} no_connection    No connection. Try again: nothing is charged twice. | Geen verbinding. Probeer het opnieuw: niets wordt dubbel gerekend.
 * @property {string} offline          You are offline. What you write is kept. | Je bent offline. Wat je schrijft blijft bewaard.
 * @property {string} pasted_name      Pasted text.txt | Geplakte tekst.txt
 * @property {string} plays            An answer is being made | Er wordt een antwoord gemaakt
 * @property {string} ready            ready | klaar
 * @property {string} remove           Remove {name} | {name} weghalen
 * @property {string} rename           Rename | Hernoemen
 * @property {string} send             Send | Versturen
 * @property {string} still_answering  Still answering. | Nog bezig met antwoorden.
 * @property {string} stop             Stop | Stop
 * @property {string} stop_answering   Stop answering | Stop met antwoorden
 * @property {string} title_length     A title has 1 to 255 characters. | Een titel heeft 1 tot 255 tekens.
 * @property {string} today            Today | Vandaag
 * @property {string} too_long         This is {n} characters too long. | Dit is {n} tekens te lang.
 * @property {string} too_many         Too many requests: try again in {n} s. | Te veel verzoeken: probeer het over {n} s.
 * @property {string} went_wrong       Something went wrong here. Try again: nothing is charged twice. | Hier ging iets mis. Probeer het opnieuw: niets wordt dubbel gerekend.
 *
 * @typedef {object} Page
 * @property {string} root          prefix of every path, "" or "/v1"
 * @property {string} [user]        absent when signed out
 * @property {string | null} [chat] null on the page of a new chat
 * @property {string} csrf
 * @property {'send' | 'line'} enter
 * @property {'all' | 'short' | 'ready'} say
 * @property {string | null} socket
 * @property {number} price         flat price of a message; 0 without one
 * @property {number} left
 * @property {number | null} file_limit bytes that a file may have to go through our own server
 * @property {Words} words
 */

/** @type {Page} */
export const page = JSON.parse(document.getElementById('page')?.textContent || '{}');

/** Has the server know a preference of this browser for a year. @param {string} cookie `name=value` */
export function remember(cookie) {
  document.cookie = `${cookie}; path=${page.root}/; max-age=31536000; samesite=lax`;
}

const language = document.documentElement.lang;
/** The locale for dates and numbers: English without a country means day before month. */
export const locale = language === 'en' ? 'en-GB' : language;

/** @param {number} value */
export const number = (value) => new Intl.NumberFormat(locale).format(value);

/** @param {keyof Words} key @param {Record<string, string | number>} [values] */
export function word(key, values = {}) {
  return (page.words?.[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === 'number' ? number(value) : String(value ?? '');
  });
}
