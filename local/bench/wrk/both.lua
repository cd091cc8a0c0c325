-- Requests both endpoints in turn, and tells the result as JSON. Durations are
-- in microseconds. https://github.com/wg/wrk/blob/master/SCRIPTING

local requests
local turn = 0

function init()
  requests = { wrk.format("GET", "/"), wrk.format("GET", "/health") }
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local e = summary.errors
  print(string.format('{"requests":%d,"duration":%d,"p50":%d,"p99":%d,"failed":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
