// The handheld's screen and buttons in the browser: frames come in, presses go out, over one WebSocket.
"use strict";

const WIDTH = 128;
const HEIGHT = 64;
const DARK = [11, 26, 43];
const BRIGHT = [232, 244, 255];
const HOLD_MS = 700; // as long as the device's own idea of a long press, less the way there
const RETRY_MS = [500, 1000, 2000, 5000];

const handheld = document.getElementById("handheld");
const screen = document.getElementById("screen");
const status = document.getElementById("handheld-status");
const drawing = screen.getContext("2d");
let socket = null;
let failures = 0;
let trouble = null; // what keeps answers from being delivered

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
  status.textContent = words;
}

function count(id, number) {
  const element = document.getElementById(id);
  element.value = number;
  element.textContent = number;
}

function receive(message) {
  if ("screen" in message) {
    draw(message.screen);
    handheld.dataset.screen = message.name;
    screen.setAttribute("aria-label", `Screen of the handheld: ${message.name}`);
    say("awake", trouble || "Press a button.");
  }
  if ("waiting" in message) {
    count("waiting", message.waiting);
    count("delivered", message.delivered);
    document.getElementById("counts").hidden = false;
  }
  if (message.asleep) {
    say("asleep", "The handheld sleeps: press a button to wake it.");
  }
  if ("trouble" in message) {
    trouble = message.trouble;
    say(handheld.dataset.state, trouble || "Press a button.");
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

function send(how, button) {
  if (socket.readyState === WebSocket.OPEN) {
    socket.send(`${how} ${button}`);
  }
}

// Answer buttons count when they go down, as on the device; the small one when it is let go: short or long.
for (const element of handheld.querySelectorAll("button")) {
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
