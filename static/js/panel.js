// What the pages beside the rooms need.
import "./copy-field.js";
