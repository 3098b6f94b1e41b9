-- The state of one limiter is one string:
--   header  magic, family, number of blocks, 2 spare bytes, 13 numbers (as read below)
--   blocks  6 numbers for each level that has state of its own: a bucket, a window kept in slots
--   slots   a ring of 1024 * 16 bytes for each window kept in slots
--   log     the ring of charges that all other windows share: 8 bytes a permit, grown as used
-- All numbers are doubles, exact below 2^53. Times are whole µs of the limiter's own clock: that of
-- Redis, except that it stands still where Redis's goes back (a failover to a machine behind).
--
-- KEYS: the state; who uses it, where ARGV[7] names an instance.
-- ARGV: verb, strategy, five arguments of the verb, then max, window and most of each level.
-- Redis runs all of this at each call, and making a function costs as much as a small command: what
-- is rarely needed makes its functions where it needs them.
local call, max = redis.call, math.max
local time = redis.call('TIME')
local real = time[1] * 1000000 + time[2]

local key, strategy = KEYS[1], ARGV[2]
local family = strategy == 'window' and 'w' or 'b'
local levels = {}
for i = 8, #ARGV - 2, 3 do
    levels[#levels + 1] =
        {max = tonumber(ARGV[i]), window = tonumber(ARGV[i + 1]), most = tonumber(ARGV[i + 2])}
end

local s
local raw = call('GETRANGE', key, 0, 112 + 8 * 48 - 1)
if #raw >= 112 and raw:sub(1, 4) == 'SyR2' then
    s = {stored = true, blocks = {}}
    local _, n
    _, s.family, n, s.offset, s.seen, s.pause, s.serial, s.top, s.alloc, s.head,
        s.count, s.newest, s.gone, s.owed, s.cap, s.longest =
        struct.unpack('<c4c1Bxxddddddddddddd', raw)
    s.body = 112 + 48 * n
    s.log = s.body + (s.family == 'w' and n * 16384 or 0)
    -- What others wrote here must neither fail nor loop: then the state is taken as fresh.
    local sum = s.offset + s.seen + s.pause + s.serial + s.top + s.newest + s.gone
        + s.owed + s.cap + s.longest
    local least = math.min(s.offset, s.seen, s.pause, s.serial, s.top, s.alloc, s.head,
        s.count, s.newest, s.gone, s.owed, s.cap, s.longest)
    local whole = n <= 8 and #raw >= s.body and sum < 2 ^ 56 and least >= 0 and s.count <= s.alloc
        and s.head <= s.alloc and s.alloc <= 110000 and s.cap <= 100000
        and s.alloc % 1 + s.count % 1 + s.head % 1 + s.cap % 1 + s.owed % 1 == 0
    for i = 1, whole and n or 0 do
        local p, q, t, u, v, w = struct.unpack('<dddddd', raw, 112 + 48 * (i - 1) + 1)
        whole = whole and p > 0 and p + q + t + u + v + w < 2 ^ 56 and math.min(q, t, u, v, w) >= 0
            and (s.family == 'b' and q > 0 or q < 1024 and t <= 1024 and q % 1 + t % 1 == 0)
        s.blocks[i] = s.family == 'b' and {max = p, window = q, most = t, tat = u, part = v}
            or {window = p, first = q, count = t, base = u, last = v, total = w,
                at = s.body + (i - 1) * 16384}
    end
    if not whole then s = nil end
end
s = s or {
    stored = false, family = family, blocks = {}, log = 0,
    offset = 0, seen = 0, pause = 0,  -- own clock minus Redis's; last written; nothing before
    serial = real, top = 0,           -- permits ever granted; the number of the newest that stands
    alloc = 0, head = 0, count = 0,   -- the ring of charges
    newest = 0, gone = 0, owed = 0,   -- the newest charge; the newest forgotten, how many such
    cap = 0, longest = 0,             -- how far any configuration of this key made the log reach
}

local now = max(real + s.offset, s.seen)
local went_back = now > real + s.offset
s.offset = now - real

-- Writes the whole value anew, with room for `alloc` charges; `save` then fills in its head.
local function settle(alloc)
    local log, slots = '', ''
    if s.count > 0 then
        local from = (s.head - s.count) % s.alloc
        local till = math.min(from + s.count, s.alloc)
        log = call('GETRANGE', key, s.log + from * 8, s.log + till * 8 - 1)
        if from + s.count > till then
            log = log .. call('GETRANGE', key, s.log, s.log + (from + s.count - till) * 8 - 1)
        end
    end
    if family == 'w' and #s.blocks > 0 then
        slots = s.stored and call('GETRANGE', key, s.body, s.log - 1) or ''
        slots = slots .. ('\0'):rep(#s.blocks * 16384 - #slots)
    end
    s.body = 112 + 48 * #s.blocks
    s.log = s.body + #slots
    for i, b in ipairs(s.blocks) do b.at = s.body + (i - 1) * 16384 end
    call('SET', key, ('\0'):rep(s.body) .. slots .. log .. ('\0'):rep(alloc * 8 - #log))
    s.alloc, s.head, s.stored = alloc, s.count % max(alloc, 1), true
end

-- Writes the head of the value, which expires when the budget is `full` and no pause is left.
local function save(full)
    if not s.stored then settle(s.alloc) end
    local head = struct.pack('<c4c1Bxxddddddddddddd', 'SyR2', family, #s.blocks, s.offset, now,
        s.pause, s.serial, s.top, s.alloc, s.head, s.count, s.newest, s.gone, s.owed,
        s.cap, s.longest)
    for _, b in ipairs(s.blocks) do
        head = head .. (family == 'b' and struct.pack('<dddddd', b.max, b.window, b.most, b.tat, b.part, 0)
            or struct.pack('<dddddd', b.window, b.first, b.count, b.base, b.last, b.total))
    end
    call('SETRANGE', key, 0, head)
    local ttl = max(math.ceil((max(full, s.pause) - now) / 1000), 0) + 1
    call('PEXPIRE', key, ttl)
end
