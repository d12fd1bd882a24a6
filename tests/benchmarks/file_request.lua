-- One new request a call, each under a key of its own, by residents in turn. Arguments: token file, prefix of the keys.
local tokens, prefix, count = {}, "", 0

function init(args)
  for line in io.lines(args[1]) do tokens[#tokens + 1] = line end
  prefix = args[2]
end

function request()
  count = count + 1
  local headers = {
    ["Authorization"] = "Bearer " .. tokens[count % #tokens + 1],
    ["Idempotency-Key"] = prefix .. "-" .. count,
    ["Content-Type"] = "application/json",
  }
  local body = '{"category":"errand","words":"请帮我买一袋米和降压药 ' .. count .. '","place":{"address":"三单元502"}}'
  return wrk.format("POST", "/api/v1/requests", headers, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(99)))
end
