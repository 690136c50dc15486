-- Decides every limit of one call in one step, on Redis's own clock, in whole microseconds.
--
--   KEYS[i]   a bucket. Of a rate: a string, the theoretical arrival time (TAT) of the next call. Of calls at the same time: a sorted set
--             of lease ids, each scored with the time at which it ends.
--   ARGV[1]   what to do: take, peek, extend, refund, census
--   ARGV[2]   the id of the call's lease (of the gateway, for census)
--   then, for each key, six values:
--     take, peek   kind (rate | places), 1 when it may refuse or 0 for a shadow, and
--                    rate:    interval, tolerance, cost in permits, permits to take beyond the cost if they are there
--                    places:  how many there are, length of a lease, 0, 0
--     extend       places, 0, 0, time from now at which the lease shall end, 1 when it may end sooner than it would, 0
--     refund       rate, 0, interval, 0, permits to give back, 0
--     census       places, 0, 0, time after which a gateway that says nothing more counts as gone, 0, 0
--
-- Returns for take and peek: 1 when refused, else 0; then for each key how far it is used up (rate: microseconds; places: how many are taken)
-- BEFORE this call, and the permits taken beyond the cost. The caller works out the rest, by the same arithmetic as for buckets in memory.
--
-- What must stay true:
--   * the first pass writes nothing, and when a limit that may refuse does, there is no second pass;
--   * every key that is written gets a time to live that ends when it is worth nothing, so that no key outlives its use;
--   * a TAT is never taken to be later than now + tolerance, so that a clock stepped back locks nobody out for longer than an empty bucket would;
--   * numbers stay below 2^53 (microseconds since 1970 are 1.8e15), and are written with '%.0f', because Lua would print 14 digits of them;
--   * all keys of one call share a hash tag where Redis is a cluster.

local operation, lease = ARGV[1], ARGV[2]
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local function whole(number)
  return string.format('%.0f', number)
end

local function arguments(index)
  local at = 2 + (index - 1) * 6
  return ARGV[at + 1], ARGV[at + 2] == '1', tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6])
end

-- The least whole number of milliseconds in which so many microseconds are over, and one for Redis's own rounding.
local function milliseconds(microseconds)
  return whole(math.ceil(microseconds / 1000) + 1)
end

local function set_arrival(key, arrival)
  redis.call('SET', key, whole(arrival), 'PX', milliseconds(arrival - now))
end

-- Leases that are over go; the one given ends at a time of its own. Another lease in the set may last longer.
local function set_lease(key, ends)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', whole(now))
  redis.call('ZADD', key, whole(ends), lease)
  if redis.call('PTTL', key) < (ends - now) / 1000 then
    redis.call('PEXPIRE', key, milliseconds(ends - now))
  end
end

if operation == 'extend' then
  for i, key in ipairs(KEYS) do
    local _, _, _, length, may_shorten = arguments(i)
    local ends = now + length
    if may_shorten == 0 then
      ends = math.max(ends, tonumber(redis.call('ZSCORE', key, lease) or 0))
    end
    set_lease(key, ends)
  end
  return { 0 }
end

if operation == 'census' then
  local _, _, _, length = arguments(1)
  set_lease(KEYS[1], now + length)
  return { redis.call('ZCARD', KEYS[1]) }
end

if operation == 'refund' then
  for i, key in ipairs(KEYS) do
    local _, _, interval, _, permits = arguments(i)
    local arrival = tonumber(redis.call('GET', key) or 0) - permits * interval
    if arrival > now then
      set_arrival(key, arrival)
    else
      redis.call('DEL', key)
    end
  end
  return { 0 }
end

-- First pass: look.
local answer, ahead, passes = { 0 }, {}, {}
for i, key in ipairs(KEYS) do
  local kind, enforced, first, second, cost = arguments(i)
  if kind == 'rate' then
    local interval, tolerance = first, second
    local arrival = tonumber(redis.call('GET', key) or now)
    ahead[i] = math.min(math.max(arrival - now, 0), tolerance)
    passes[i] = ahead[i] + cost * interval <= tolerance
  else
    ahead[i] = redis.call('ZCOUNT', key, '(' .. whole(now), '+inf')
    passes[i] = ahead[i] < first
  end
  if enforced and not passes[i] then
    answer[1] = 1
  end
end

-- Second pass: count. A shadow limit that would have refused is left as it is.
local counts = operation == 'take' and answer[1] == 0
for i, key in ipairs(KEYS) do
  local granted = 0
  if counts and passes[i] then
    local kind, _, first, second, cost, extra = arguments(i)
    if kind == 'rate' then
      local interval, tolerance = first, second
      local used = ahead[i] + cost * interval
      granted = math.min(extra, math.floor((tolerance - used) / interval))
      set_arrival(key, now + used + granted * interval)
    else
      set_lease(key, now + second)
    end
  end
  answer[i * 2] = ahead[i]
  answer[i * 2 + 1] = granted
end
return answer
