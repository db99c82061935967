// The theme that the pages of the house remember, else that of the system: before anything is drawn.
const kept = localStorage.getItem("theme");
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.classList.toggle("dark", kept === "dark" || (kept !== "light" && dark));
