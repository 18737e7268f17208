// The room page's scripts. Without them the page works by links and forms; with them it is live.
import "./revisions.js";
import "./message-list.js";
import "./composer.js";
import "./lightbox.js";
import "./formatting.js";
import "./mentions.js";
import "./emoji.js";
import "./sounds.js";
import "./copy-field.js";
import "./sidebar.js";
import "./menu.js";
import "./message-actions.js";
import "./boosts.js";
import "./code-copy.js";
import "./editing.js";
import "./people.js";
import "./viewport.js";
import { start as startOutbox } from "./outbox.js";
import { start as startReading } from "./reading.js";
import { start as startSocket } from "./socket.js";
import { start as startUnread } from "./unread.js";
import { start as startUploads } from "./uploads.js";

startOutbox();
startUploads();
startUnread();
startReading();
startSocket();
