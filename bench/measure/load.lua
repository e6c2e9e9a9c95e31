-- One request over and over. Arguments: a file with the method, the headers (`name: value`) and, after an empty line, the
-- body. The last line of the output is the round in JSON: times in us.

local order

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  order = file:read("*a")
  file:close()
  local head, body = order:match("^(.-)\n\n(.*)$")
  wrk.method, head = head:match("^(%S+)\n?(.*)$")
  for name, value in head:gmatch("([^\n:]+): ([^\n]*)") do wrk.headers[name] = value end
  wrk.body = body
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"calls":%d,"us":%d,"bytes":%d,"p50Us":%d,"p99Us":%d,"failed":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
