// Small behaviours shared by all pages. Each is progressive: the page reads and submits without it.
import "./nav.js";
import "./tabs.js";
import "./dialog.js";
import "./phrases.js";
import "./fields.js";
import "./autosave.js";
import "./download.js";
import "./choose.js";
import "./connection.js";
import "./print.js";
import "./copy.js";
