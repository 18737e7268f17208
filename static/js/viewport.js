// Where the phone's keyboard covers the page instead of making it smaller (iOS), the stylesheets are told what is left.

const visible = window.visualViewport;
const isCovering = CSS.supports("-webkit-touch-callout", "none");

if (visible && isCovering) {
  visible.addEventListener("resize", () => {
    document.documentElement.style.setProperty("--viewport-size", `${visible.height}px`);
  });
}
