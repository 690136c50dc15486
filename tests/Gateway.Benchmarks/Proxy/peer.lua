-- The same job in nginx with Lua: a verified token remembered, the body read as JSON, administrator or owner, token buckets, an audit line. Written
-- for the benchmark, as somebody would who has nginx and no gateway.
local cjson = require "cjson.safe"
local lrucache = require "resty.lrucache"
local pkey = require "openssl.pkey"
local digest = require "openssl.digest"
local bignum = require "openssl.bignum"

local peer = {}
local tokens = assert(lrucache.new(20000))
local owners = assert(lrucache.new(20000))
local key = pkey.new(assert(io.open(peer_key_file)):read("*a"))
local decode_base64url = require("ngx.base64").decode_base64url

local function der_integer(bytes)
  bytes = bytes:gsub("^%z+", "")
  if bytes == "" or bytes:byte(1) >= 128 then bytes = "\0" .. bytes end
  return "\2" .. string.char(#bytes) .. bytes
end

-- An ES256 signature is two numbers of 32 bytes; OpenSSL wants them as a sequence.
local function verify(signed, signature)
  if not signature or #signature ~= 64 then return false end
  local r, s = der_integer(signature:sub(1, 32)), der_integer(signature:sub(33))
  return key:verify("\48" .. string.char(#r + #s) .. r .. s, digest.new("sha256"):update(signed))
end

local function subject_of(token)
  local known = tokens:get(token)
  if known then return known end
  local header, payload, signature = token:match("^([%w_-]+)%.([%w_-]+)%.([%w_-]+)$")
  if not header then return nil end
  local head, claims = cjson.decode(decode_base64url(header) or ""), cjson.decode(decode_base64url(payload) or "")
  if not head or head.alg ~= "ES256" or not claims or claims.iss ~= "https://bench.example" or claims.aud ~= "compute" then return nil end
  local ttl = (claims.exp or 0) - ngx.time()
  if ttl <= 0 or not verify(header .. "." .. payload, decode_base64url(signature)) then return nil end
  local subject = { user = claims.sub, project = claims.openstack_project_id, roles = {} }
  for _, role in ipairs(claims.openstack_roles) do subject.roles[role] = true end
  tokens:set(token, subject, ttl)
  return subject
end

local function owner_of(server)
  local owner = owners:get(server)
  if owner then return owner end
  local answer = ngx.location.capture("/lookup/v2.1/servers/" .. server)
  local found = answer.status == 200 and cjson.decode(answer.body)
  owner = found and found.server.tenant_id or ""
  owners:set(server, owner, 3600)
  return owner
end

local rates = ngx.shared.rates
-- A token bucket in one number: the time at which it would be full again (GCRA).
local function take(name, per_second, burst)
  local now = ngx.now()
  local full = math.max(rates:get(name) or now, now) + 1 / per_second
  if full - now > burst / per_second then return false end
  rates:set(name, full, burst / per_second + 1)
  return true
end

local function refuse(status, message)
  ngx.status = status
  ngx.header.content_type = "application/json"
  ngx.say(cjson.encode({ error = { code = status, message = message } }))
  return ngx.exit(status)
end

local sequence, previous = 0, ("0"):rep(64)
local function line(subject, server, body, action)
  sequence = sequence + 1
  local text = cjson.encode({
    sequence = sequence, previous = previous, time = ngx.now(), id = ngx.var.request_id, user = subject.user, project = subject.project, server = server, action = action,
    body = body, peer = ngx.var.remote_addr, path = ngx.var.request_uri, outcome = "pending",
  })
  previous = ngx.encode_base64(digest.new("sha256"):final(text))
  return text .. "\n"
end

local file = assert(io.open(peer_audit_file, "a"))
file:setvbuf("full", 65536)

-- Group commit: whoever comes while nobody writes, writes for all who wait, on a thread of its own.
local waiting, writing = {}, false
local semaphore = require "ngx.semaphore"
local function durable(text)
  local own = { text = text, woken = semaphore.new() }
  waiting[#waiting + 1] = own
  if writing then
    own.woken:wait(10)
    if own.done then return own.ok end
  end
  writing = true
  local batch = waiting
  waiting = {}
  local texts = {}
  for i, one in ipairs(batch) do texts[i] = one.text end
  local ok, written = ngx.run_worker_thread("commits", "peer_commit", "append", peer_audit_file, table.concat(texts))
  for _, one in ipairs(batch) do
    one.done, one.ok = true, ok and written
    if one ~= own then one.woken:post() end
  end
  -- One of those who came meanwhile writes next.
  if waiting[1] then waiting[1].woken:post() else writing = false end
  return own.ok
end

function peer.access()
  local token = ngx.var.http_x_auth_token
  local subject = token and subject_of(token)
  if not subject then return refuse(401, "The request you have made requires authentication.") end
  local server = ngx.var.uri:match("^/v2%.1/servers/([%x-]+)/action$")
  if not server then return refuse(404, "The resource could not be found.") end
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  local parsed = body and cjson.decode(body)
  local action, parameters = next(parsed or {})
  if not action or next(parsed, action) or action ~= "createBackup" or type(parameters) ~= "table" or type(parameters.name) ~= "string"
    or type(parameters.backup_type) ~= "string" or type(parameters.rotation) ~= "number" then
    return refuse(400, "Malformed request body")
  end
  if not subject.roles.admin and owner_of(server) ~= subject.project then return refuse(403, "Policy doesn't allow this.") end
  if not take("u" .. subject.user, 1e6, 1e6) then return refuse(429, "Too many requests") end
  local text = line(subject, server, parameters, action)
  if peer_is_durable then
    if not durable(text) then return refuse(503, "The request could not be recorded.") end
  else
    file:write(text)
  end
end

return peer
