// The handheld's screen and buttons in the browser: frames come in, presses go out, over one WebSocket.
"use strict";

const WIDTH = 128;
const HEIGHT = 64;
const DARK = [11, 26, 43];
const BRIGHT = [232, 244, 255];
const HOLD_MS = 700; // as long as the device's own idea of a long press, less the way there
const RETRY_MS = [500, 1000, 2000, 5000];

// By the name that the device gives its screen: what it shows, and what can be done now.
const SCREENS = {
  idle: "The handheld waits for the next person. Any button starts.",
  promise: "What becomes of the answers. Any button goes on to the first question.",
  language: "Choose a language: press the button below it. Button 3 may show more languages.",
  question: "A question. Press the button below your answer; the small button goes back.",
  chosen: "This is the answer you chose. The next question follows; the small button takes it back.",
  warning: "Still there? Any button goes on; without one the handheld ends here.",
  thanks: "Thank you: the answers are kept on the handheld.",
  full: "The handheld has no more room. It takes answers again when it has delivered some.",
  battery: "The battery is low: the handheld takes no answers.",
  handover: "Home visit: the nurse hands the handheld over. Any button starts.",
  sending: "The handheld hands over what it holds. A press stops that.",
  service: "The handheld lacks something and takes no answers; its screen says what.",
  off: "The handheld sleeps. Press a button to wake it.",
  "staff-menu": "Staff menu. Press the button with the number of a line; the small button leaves.",
  "staff-list": "A list for staff. Press the button with the number of a line; the small button goes back.",
  "staff-info": "Information for staff. The small button goes back.",
  "staff-ask": "A question for staff. Button 1 is yes, button 5 is no.",
  "staff-note": "Done, as the screen says.",
  "staff-wipe": "Time to wipe the handheld down: no button counts for half a minute.",
  "self-test": "Self-test: do what the screen says.",
};
const UNKNOWN_SCREEN = "The handheld shows something else: see its screen.";

const handheld = document.getElementById("handheld");
const screen = document.getElementById("screen");
const status = document.getElementById("handheld-status");
const network = document.getElementById("network"); // pressed: it is unplugged
const drawing = screen.getContext("2d");
let socket = null;
let failures = 0;
let trouble = null; // what keeps answers from being delivered
let shown = null; // the name of the screen

function draw(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const image = drawing.createImageData(WIDTH, HEIGHT);
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const lit = (bytes[x + (y >> 3) * WIDTH] >> (y & 7)) & 1; // eight rows in a byte, the lowest bit on top
      image.data.set(lit ? BRIGHT : DARK, (y * WIDTH + x) * 4);
      image.data[(y * WIDTH + x) * 4 + 3] = 255;
    }
  }
  drawing.putImageData(image, 0, 0);
}

function say(state, words) {
  handheld.dataset.state = state;
  if (status.textContent !== words) { // what has not changed is not announced again
    status.textContent = words;
  }
}

function sayScreen() {
  if (shown === null) { // it has not come so far as to show anything
    say(handheld.dataset.state, trouble || "Connecting…");
    return;
  }
  const words = SCREENS[shown] || UNKNOWN_SCREEN;
  screen.setAttribute("aria-label", `Screen of the handheld. ${words}`);
  say(shown === "off" ? "asleep" : "awake", trouble ? `${words} (${trouble})` : words);
}

function count(id, number) {
  const element = document.getElementById(id);
  element.value = number;
  element.textContent = number;
  const words = document.querySelector(`[data-of="${id}"]`);
  words.textContent = number === 1 ? words.dataset.one : words.dataset.many;
}

function receive(message) {
  if ("screen" in message) {
    draw(message.screen);
    handheld.dataset.screen = message.name;
    shown = message.name;
    sayScreen();
  }
  if ("waiting" in message) {
    count("waiting", message.waiting);
    count("delivered", message.delivered);
    document.getElementById("counts").hidden = false;
  }
  if ("plugged" in message) {
    network.disabled = false;
    network.setAttribute("aria-pressed", String(!message.plugged));
  }
  if (message.asleep) {
    shown = "off";
    sayScreen();
  }
  if ("trouble" in message) {
    trouble = message.trouble;
    sayScreen();
  }
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/try/device`);
  socket.onopen = () => {
    failures = 0;
  };
  socket.onmessage = (event) => receive(JSON.parse(event.data));
  socket.onclose = () => {
    say("away", "The server does not answer; trying again.");
    setTimeout(connect, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    failures += 1;
  };
}

function send(...words) {
  if (socket.readyState === WebSocket.OPEN) {
    socket.send(words.join(" "));
  }
}

// Answer buttons count when they go down, as on the device; the small one when it is let go: short or long.
for (const element of handheld.querySelectorAll("[data-button]")) {
  const button = Number(element.dataset.button);
  let downAt = null;
  element.addEventListener("pointerdown", (event) => {
    downAt = event.timeStamp;
    if (button !== 6) {
      send("press", button);
    }
  });
  element.addEventListener("pointerup", (event) => {
    if (button === 6 && downAt !== null) {
      send(event.timeStamp - downAt >= HOLD_MS ? "hold" : "press", button);
    }
    downAt = null;
  });
  element.addEventListener("pointerleave", () => {
    downAt = null;
  });
  element.addEventListener("contextmenu", (event) => event.preventDefault());
  element.addEventListener("click", (event) => {
    if (event.detail === 0) { // from the keyboard or an assistive program: no pointer went down
      send("press", button);
    }
  });
}

// Staff: one pointer cannot hold two buttons. The battery: what was thanked for is on flash.
for (const element of document.querySelectorAll("[data-command]")) {
  element.addEventListener("click", () => send(element.dataset.command));
}
network.addEventListener("click", () => {
  send(network.getAttribute("aria-pressed") === "true" ? "plug" : "unplug");
});

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) {
    return;
  }
  const digit = /^Digit([1-5])$/.exec(event.code) || /^Numpad([1-5])$/.exec(event.code);
  if (digit) {
    send("press", Number(digit[1]));
  } else if (event.key === "Backspace") {
    event.preventDefault();
    send(event.shiftKey ? "hold" : "press", 6);
  }
});

connect();
