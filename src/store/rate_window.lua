-- What the verbs ask of sliding windows, and what becomes of other limits' state.

local function level_due(l, n)
    local j = l.max - n + 1
    local t = l.slots and slot_nth(l.block, j) or nth(j)
    return t > 0 and t + l.window or 0
end

local function level_free(l)
    local used = l.slots and l.block.total - l.block.base or log_used(l.window)
    return max(l.max - used, 0)
end

local function level_full(l)
    local b = l.block
    if b then return b.total > b.base and b.last + l.window or 0 end
    return s.newest > 0 and s.newest + l.window or 0
end

-- The log is charged once for all levels that share it, and also when the limits at hand need none
-- but others of this key do.
local function charge(n, at)
    if not s.stored then settle(s.cap > 0 and max(s.alloc, 16) or 0) end
    if s.cap > 0 then log_charge(math.min(n, s.cap), at) end
    for _, b in ipairs(s.blocks) do slot_charge(b, n, at) end
end

local function undo(n)
    if s.cap > 0 then log_undo(math.min(n, s.cap)) end
    for _, b in ipairs(s.blocks) do slot_undo(b, n) end
end

local blocks = 0
local fits = s.family == 'w'
for _, l in ipairs(levels) do
    if l.slots then
        blocks = blocks + 1
        l.block = s.blocks[blocks]
        fits = fits and l.block and l.block.window == l.window
    end
end

if not fits or blocks ~= #s.blocks then
    -- Other limits than the state was made for: a reload, or two configurations in turn during a
    -- rolling change. What is used stays used, dated with the latest. Nothing is written here: a
    -- refusal changes nothing.
    local latest = s.family == 'w' and s.newest or now
    for _, b in ipairs(s.blocks) do
        latest = max(latest, b.last or b.tat - math.floor(b.most * b.window / b.max))
    end
    local function used(l, i)
        local b = s.blocks[math.min(i, #s.blocks)]
        for _, other in ipairs(s.blocks) do
            if other.window == l.window then b = other end
        end
        local like_log = s.family == 'w' and s.cap > 0 and not (b and b.window == l.window)
        if like_log then return math.min(log_used(l.window), l.max) end
        if not b then return 0 end
        if s.family == 'w' then return math.min(b.total - b.base, l.max) end
        return b.tat <= now and 0 or math.min(math.floor((b.tat - now + 1) / b.window * b.max) + 1, l.max)
    end
    local owed, seeded = 0, {}
    for i, l in ipairs(levels) do
        local n = used(l, i)
        if l.slots then
            seeded[#seeded + 1] = {window = l.window, first = 0, count = 0, base = 0, total = n,
                last = n > 0 and slot_end(l.window, latest) or 0}
            l.block = seeded[#seeded]
        else
            owed = max(owed, n)
        end
    end
    if s.family ~= 'w' or s.cap == 0 then
        s.alloc, s.head, s.count, s.cap, s.longest = 0, 0, 0, 0, 0
        s.owed, s.gone = owed, owed > 0 and latest or 0
        s.newest = s.gone
    end
    -- Permits of before are not told apart any more: none goes back, and no newer one stands on them.
    if s.stored then s.serial = s.serial + 1 end
    s.family, s.blocks, s.stored, s.top = 'w', seeded, false, 0
end

-- The log reaches as far as any configuration made it. What it was not made to remember before is
-- not held against the caller.
local known = s.cap > 0
for _, l in ipairs(levels) do
    if not l.slots and (l.max > s.cap or l.window > s.longest) then
        if known then s.owed = 0 end
        s.cap, s.longest = max(s.cap, l.max), max(s.longest, l.window)
    end
end
