// The scripts of the page of somebody who is in no room: their sidebar is live.
import "./revisions.js";
import "./copy-field.js";
import "./sidebar.js";
import "./people.js";
import "./jump.js";
import "./shortcuts.js";
import { start as startSocket } from "./socket.js";
import { start as startUnread } from "./unread.js";

startUnread();
startSocket();
