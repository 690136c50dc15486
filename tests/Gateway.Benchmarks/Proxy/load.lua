-- What wrk sends: one prepared request after the other, each with a token, a server and a project of its own.
--   wrk -s load.lua URL -- REQUESTS STATUS [DELAY]    lines of method, path, token (or -), body; the statuses that are right, 401,429; mean milliseconds between an answer and the next request
local requests, threads, at = {}, {}, 0

function setup(thread)
  thread:set("seed", #threads + 1)
  table.insert(threads, thread)
end

function init(args)
  wrong = 0
  math.randomseed(seed)
  local host = wrk.host .. ":" .. wrk.port
  for line in io.lines(args[1]) do
    local method, path, token, body = line:match("^(%S+) (%S+) (%S+) (.*)$")
    local headers = { ["Host"] = host, ["Content-Type"] = "application/json", ["User-Agent"] = "python-novaclient", ["Accept"] = "application/json" }
    if token ~= "-" then headers["X-Auth-Token"] = token end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
  local expected = {}
  for status in args[2]:gmatch("%d+") do expected[tonumber(status)] = true end
  -- wrk counts what is no success by itself; it is asked to tell each status only where that is not enough.
  if not expected[202] then response = function(status) if not expected[status] then wrong = wrong + 1 end end end
  if args[3] then delay = function() return math.random() * 2 * tonumber(args[3]) end end
  at = math.random(#requests)
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local refused = summary.errors.status
  local others = 0
  for _, thread in ipairs(threads) do others = others + thread:get("wrong") end
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT requests=%d microseconds=%d refused=%d others=%d broken=%d p50=%d p99=%d\n",
    summary.requests, summary.duration, refused, others, broken, latency:percentile(50), latency:percentile(99)))
end
