// Counts a city's CSV by itself: category, state, month and area of each line, and which lines can be no report (of which the header
// is the first), given the words that the source knows. It shares no code with the importer.
const [file, kinds, states] = process.argv.slice(2);
const text = require("fs").readFileSync(file, "utf8").replace(/^\uFEFF/, "");
const rows = [];
let row = [], field = "", quoted = false;
for (let at = 0; at < text.length; at++) {
  const sign = text[at];
  if (quoted) {
    if (sign !== '"') field += sign;
    else if (text[at + 1] === '"') { field += '"'; at++; }
    else quoted = false;
  } else if (sign === '"') quoted = true;
  else if (sign === ",") { row.push(field); field = ""; }
  else if (sign === "\n") { row.push(field.replace(/\r$/, "")); rows.push(row); row = []; field = ""; }
  else field += sign;
}
if (field || row.length) { row.push(field); rows.push(row); }
const [header, ...body] = rows;
const of = (line, name) => (line[header.indexOf(name)] || "").trim();
const month = (written) => {
  const [, m, , y] = written.match(/^(\d+)\/(\d+)\/(\d+) /) || [, "?", , "??"];
  return `20${y}-${m.padStart(2, "0")}`;
};
const isDay = (written) => {
  const [, m, d, y, hour, minute] = (written.match(/^(\d{1,2})\/(\d{1,2})\/(\d\d) +(\d{1,2}):(\d{1,2})$/) || []).map(Number);
  const day = new Date(Date.UTC(2000 + y, m - 1, d));
  return day.getUTCMonth() === m - 1 && day.getUTCDate() === d && hour < 24 && minute < 60;
};
const isPlace = (north, east, address) => north === "" && east === "" ? address !== ""
  : north !== "" && east !== "" && Math.abs(Number(north)) <= 90 && Math.abs(Number(east)) <= 180;
const known = (words, word) => !words || JSON.parse(words).includes(word);
const seen = new Map();
const isReport = (line) => {
  if (line.length !== header.length || !of(line, "srnumber")) return false;
  if (!known(kinds, of(line, "requesttype")) || !known(states, of(line, "status"))) return false;
  if (!isDay(of(line, "createddate")) || !isPlace(of(line, "latitude"), of(line, "longitude"), of(line, "address"))) return false;
  // The same number with other content is another report under a number that is taken.
  const content = line.map((value) => value.trim()).join("\u0000"), number = of(line, "srnumber");
  if (!seen.has(number)) seen.set(number, content);
  return seen.get(number) === content;
};
const refused = [];
body.forEach((line, at) => { if (!isReport(line)) refused.push(at + 2); });
const counts = { requesttype: {}, status: {}, month: {}, nc: {} };
for (const line of body) {
  for (const [name, value] of [["requesttype", of(line, "requesttype")], ["status", of(line, "status")],
    ["month", month(of(line, "createddate"))], ["nc", of(line, "nc")]]) {
    counts[name][value] = (counts[name][value] || 0) + 1;
  }
}
process.stdout.write(JSON.stringify({ lines: body.length, refused, ...counts }));
