// The room page's scripts. Without them the page works by links and forms; with them it is live.
import "./revisions.js";
import "./message-list.js";
import "./composer.js";
import "./copy-field.js";
import "./sidebar.js";
import "./viewport.js";
import { start as startOutbox } from "./outbox.js";
import { start as startSocket } from "./socket.js";

startOutbox();
startSocket();
