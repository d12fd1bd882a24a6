// Counts a city's CSV by itself: category, state, month and area of each line, as JSON lines of what stood there. It shares no
// code with the importer.
const text = require("fs").readFileSync(process.argv[2], "utf8").replace(/^\uFEFF/, "");
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
const of = (line, name) => line[header.indexOf(name)].trim();
const month = (written) => {
  const [, m, , y] = written.match(/^(\d+)\/(\d+)\/(\d+) /);
  return `20${y}-${m.padStart(2, "0")}`;
};
const counts = { requesttype: {}, status: {}, month: {}, nc: {} };
for (const line of body) {
  for (const [name, value] of [["requesttype", of(line, "requesttype")], ["status", of(line, "status")],
    ["month", month(of(line, "createddate"))], ["nc", of(line, "nc")]]) {
    counts[name][value] = (counts[name][value] || 0) + 1;
  }
}
process.stdout.write(JSON.stringify({ lines: body.length, ...counts }));
