-- What is asked: claim, give, pause, look.
local verb = ARGV[1]
local arg1, arg2, arg3, arg4 = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

local function store()
    local full = s.newest > 0 and s.newest + s.longest or 0
    for _, l in ipairs(levels) do full = max(full, level_full(l)) end
    save(full)
end

if verb == 'look' then
    local seen = {}
    for _, l in ipairs(levels) do
        seen[#seen + 1] = s.pause > now and 0 or level_free(l)
        seen[#seen + 1] = max(level_full(l) - now, s.pause - now, 0)
    end
    return seen
end

if verb == 'pause' then
    s.pause = max(s.pause, now + arg1)
    store()
    return 1
end

-- Only what nothing was fitted to since goes back: the newest permits.
if verb == 'give' then
    local ticket, n, below = arg1, arg2, arg3
    if ticket ~= s.top or n < 1 then return 0 end
    s.top = below > 0 and math.min(below, ticket - n) or ticket - n
    undo(n)
    store()
    return n
end

-- Who else uses this key: each instance's name lives 10 s without renewal. 0: not asked.
local instances, id = 0, ARGV[7]
if id ~= '' then
    call('ZADD', KEYS[2], string.format('%.0f', real + 10000000), id)  -- first: fails without memory
    call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', real))
    call('PEXPIRE', KEYS[2], 10000)
    instances = call('ZCARD', KEYS[2])
end

-- The answer to a claim: 0 admitted, 1 reserved, 2 refused, 3 never; level; permits; wait; ticket;
-- instances; how long a pause lasts still; the ticket that was the newest before.
local paused = max(s.pause - now, 0)
local cost, want, hold, patience = arg1, arg2, arg3, arg4
local least, level, due = 1, 1, 0
for i, l in ipairs(levels) do
    if l.most < levels[least].most then least = i end
end
local most = levels[least].most
if cost > most then return {3, least - 1, 0, 0, 0, instances, paused, 0} end
for i, l in ipairs(levels) do
    local t = level_due(l, max(cost, 1))
    if t > due then due, level = t, i end
end

local start = max(now, due, s.pause)
local wait = start - now
if wait > 0 and (cost == 0 or wait > patience) then
    if went_back then store() end
    return {2, level - 1, 0, wait, 0, instances, paused, 0}
end
if cost == 0 then return {0, 0, 0, 0, 0, instances, paused, 0} end

-- A reservation is for `cost` alone; what is free at once may be more. Even spacing frees one at once.
local n = cost
if wait == 0 and want > cost and strategy ~= 'leaky' then
    n = math.min(want, most)
    for _, l in ipairs(levels) do
        if n > cost and level_due(l, n) > now then n = max(math.min(n, level_free(l)), cost) end
    end
end

-- Permits are numbered for good: a number that went back names nothing any more.
if s.serial > 2 ^ 52 then s.serial, s.top = real, 0 end
local below = s.top
s.serial = s.serial + n
s.top = s.serial
charge(n, start + hold)
store()
if wait > 0 then return {1, level - 1, n, wait, s.serial, instances, paused, below} end
return {0, 0, n, 0, s.serial, instances, paused, below}
