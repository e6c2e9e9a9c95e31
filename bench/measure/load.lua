-- One request over and over, each with an id of its own: the first `"id":1` of the body is replaced. Arguments: a file
-- with the headers (`name: value`) and, after an empty line, the body. The last line of the output is the round in JSON,
-- times in us.

local before, after
local id = 1000000000

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local head, body = file:read("*a"):match("^(.-)\n\n(.*)$")
  file:close()
  for name, value in head:gmatch("([^\n:]+): ([^\n]*)") do wrk.headers[name] = value end
  local from, to = body:find('"id":1', 1, true)
  wrk.method = "POST"
  wrk.body = from and body:sub(1, to - 1) .. id .. body:sub(to + 1) or body
  local whole = wrk.format()
  local first, last = whole:find(tostring(id), 1, true)
  before = first and whole:sub(1, first - 1) or whole
  after = first and whole:sub(last + 1)
end

function request()
  if not after then return before end
  id = id + 1
  return before .. id .. after
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"calls":%d,"us":%d,"bytes":%d,"p50Us":%d,"p99Us":%d,"failed":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
