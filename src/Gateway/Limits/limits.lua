-- Decides every limit of one call in one step, on Redis's own clock, in whole microseconds.
--
--   KEYS[i]   a bucket. Of a rate: a string, the theoretical arrival time (TAT) of the next call. Of calls at the same time: a sorted set
--             of lease ids, each scored with the time at which it ends.
--   ARGV[1]   what to do: take, peek, extend, refund, census
--   ARGV[2]   the id of the call's lease, for take and peek
--   then, for each key, six values:
--     take, peek   kind (rate | places), 1 when it may refuse or 0 for a shadow, and
--                    rate:    interval, tolerance, cost in permits, permits to take beyond the cost if they are there
--                    places:  how many there are, length of a lease, the longest that a place can last from now (by a lease or held), 0
--     extend       id of a lease, 1 when it may end sooner than it would, time from now at which it shall end, 0, 0, 0
--     refund       rate, 0, interval, when the bucket would have been whole again after the call, permits to give back, 0
--     census       id of the gateway, 0, time after which a gateway that says nothing more counts as gone, 0, 0, 0
--
-- Returns for take and peek: 1 when refused, else 0; then for each key how far it is used up (rate: microseconds; places: how many are taken)
-- BEFORE this call, and the permits taken beyond the cost; last the time. The caller works out the rest, by the same arithmetic as for buckets in memory.
--
-- What must stay true:
--   * the first pass counts nothing, and when a limit that may refuse does, there is no second pass;
--   * every key that is written gets a time to live that ends when it is worth nothing, so that no key outlives its use;
--   * no TAT is later than now + tolerance, and no lease ends later than one could that begins now: what is later was written before the clock was
--     stepped back, and is set right by the next take, so that nobody is locked out for longer than by an empty bucket or by places just taken;
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
local function set_lease(key, id, ends)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', whole(now))
  redis.call('ZADD', key, whole(ends), id)
  if redis.call('PTTL', key) < (ends - now) / 1000 then
    redis.call('PEXPIRE', key, milliseconds(ends - now))
  end
end

-- Leases that were written before the clock was stepped back last as long as any can, and no longer.
local function set_right(key, longest)
  local late = redis.call('ZRANGEBYSCORE', key, '(' .. whole(now + longest), '+inf')
  for _, id in ipairs(late) do
    redis.call('ZADD', key, whole(now + longest), id)
  end
  if #late > 0 then
    redis.call('PEXPIRE', key, milliseconds(longest))
  end
end

if operation == 'extend' then
  for i, key in ipairs(KEYS) do
    local id, may_shorten, length = arguments(i)
    local ends = now + length
    if not may_shorten then
      ends = math.max(ends, tonumber(redis.call('ZSCORE', key, id) or 0))
    end
    set_lease(key, id, ends)
  end
  return { 0 }
end

if operation == 'census' then
  local id, _, length = arguments(1)
  set_right(KEYS[1], length)
  set_lease(KEYS[1], id, now + length)
  return { redis.call('ZCARD', KEYS[1]) }
end

if operation == 'refund' then
  for i, key in ipairs(KEYS) do
    local _, _, interval, is_whole, permits = arguments(i)
    local arrival = tonumber(redis.call('GET', key) or 0)
    -- Once the call's permits have come back by themselves, the bucket may have been whole meanwhile, and others' calls are not to be undone.
    if now < is_whole and arrival > now then
      arrival = arrival - permits * interval
      if arrival > now then
        set_arrival(key, arrival)
      else
        redis.call('DEL', key)
      end
    end
  end
  return { 0 }
end

-- First pass: look.
local answer, ahead, passes = { 0 }, {}, {}
for i, key in ipairs(KEYS) do
  local kind, enforced, first, second, third = arguments(i)
  if kind == 'rate' then
    local interval, tolerance, cost = first, second, third
    local arrival = tonumber(redis.call('GET', key) or now)
    if arrival > now + tolerance and operation == 'take' then
      set_arrival(key, now + tolerance)
    end
    ahead[i] = math.min(math.max(arrival - now, 0), tolerance)
    passes[i] = ahead[i] + cost * interval <= tolerance
  else
    if operation == 'take' then
      set_right(key, third)
    end
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
      set_lease(key, lease, now + second)
    end
  end
  answer[i * 2] = ahead[i]
  answer[i * 2 + 1] = granted
end
answer[#KEYS * 2 + 2] = now
return answer
