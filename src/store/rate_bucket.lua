-- Token and leaky buckets: the generic cell rate algorithm (ITU-T I.371). `tat` is the moment at
-- which everything spent is refilled: whole µs, and `part` in units of 1/max µs, so that no
-- remainder is lost.
local floor, leaky = math.floor, strategy == 'leaky'

-- a * b / m and its remainder, exactly, for a < 2^51, b < 2^30, m < 2^42: where the product is too
-- large for a double, ten bits of b at a time.
local function muldiv(a, b, m)
    local product = a * b
    if product < 2 ^ 52 then
        local rest = product % m
        return (product - rest) / m, rest
    end
    local whole, rest = 0, 0
    for unit = 20, 0, -10 do
        local bits = floor(b / 2 ^ unit) % 1024
        local t = rest * 1024 + a % m * bits
        whole = whole * 1024 + floor(a / m) * bits + floor(t / m)
        rest = t % m
    end
    return whole, rest
end

-- The time that `n` permits are worth. Beyond 35 years all lengths are equal.
local function length(l, n)
    local us, part = muldiv(l.window, n, l.max)
    if us >= 2 ^ 50 then return 2 ^ 50, 0 end
    return us, part
end

-- us + part / max as it should be: 0 <= part < max. From a part in -max .. 2 * max.
local function carry(b, us, part)
    if part >= b.max then return us + 1, part - b.max end
    if part < 0 then return us - 1, part + b.max end
    return us, part
end

local function level_full(l)
    local b = l.block
    return b.part > 0 and b.tat + 1 or b.tat
end

local function level_due(l, n)
    if leaky then return level_full(l) end
    local b = l.block
    local us, part = length(l, n)
    us, part = carry(b, b.tat + us, b.part + part)
    local all, rest = length(l, l.most)
    us, part = carry(b, us - all, part - rest)
    return part > 0 and us + 1 or us
end

local function level_free(l)
    local b = l.block
    if leaky then return level_full(l) <= now and 1 or 0 end
    if b.tat < now then return l.most end
    local us, part = length(l, l.most)
    us, part = carry(b, now + us - b.tat, part - b.part)
    if us < 0 then return 0 end
    local n, rest = muldiv(us, l.max, l.window)
    return n + floor((rest + part) / l.window)
end

local function charge(n, at)
    for _, l in ipairs(levels) do
        local b = l.block
        -- An evenly spaced admission at the first whole µs after its exact moment counts as made at
        -- that moment, or the rounding would add up.
        if (leaky and level_full(l) or b.tat) < at then b.tat, b.part = at, 0 end
        local us, part = length(l, n)
        b.tat, b.part = carry(b, b.tat + us, b.part + part)
    end
end

local function undo(n)
    for _, l in ipairs(levels) do
        local us, part = length(l, n)
        l.block.tat, l.block.part = carry(l.block, l.block.tat - us, l.block.part - part)
    end
end

local fits = s.family == 'b' and #s.blocks == #levels
for i, l in ipairs(levels) do
    local b = s.blocks[i]
    l.burst = leaky and 1 or l.most
    l.block = b
    fits = fits and b.max == l.max and b.window == l.window and b.most == l.burst
end

if not fits then
    -- Other limits than the state was made for: a reload, or two configurations in turn during a
    -- rolling change. Nothing is written here: a refusal changes nothing.
    local old = s.blocks
    -- A bucket stays as full as it was, counted in permits, of the block with the same window or, if
    -- there is none, of the same place. It carries over in time: permits would be rounded each turn.
    local function like_bucket(l, i)
        local b = old[math.min(i, #old)]
        for _, other in ipairs(old) do
            if other.window == l.window then b = other end
        end
        if b.max == l.max and b.window == l.window then return b.tat, b.part end
        local ahead = max((b.part > 0 and b.tat + 1 or b.tat) - now, 0)
        local scaled = ahead * (l.window / l.max) * (b.max / b.window)
        scaled = math.ceil(math.min(scaled, 2 ^ 50))
        if not leaky then
            local reserved = max(b.tat - length(b, b.most) - now, 0)
            scaled = math.min(scaled, reserved + length(l, l.most))
        end
        return now + scaled, 0
    end
    -- Of windows all is taken as used that may be, at the latest charge.
    local function like_window(l, i)
        local n, latest = s.newest > now - l.window and s.count + s.owed or 0, s.newest
        for _, b in ipairs(old) do
            if b.last > now - b.window then n, latest = max(n, b.total - b.base), max(latest, b.last) end
        end
        if n == 0 then return 0, 0 end
        local us, part = length(l, math.min(n, l.most))
        return latest + us, part
    end
    local buckets = {}
    for i, l in ipairs(levels) do
        local tat, part = 0, 0
        if s.family == 'w' then
            tat, part = like_window(l, i)
        elseif #old > 0 then
            tat, part = like_bucket(l, i)
        end
        l.block = {max = l.max, window = l.window, most = l.burst, tat = tat, part = part}
        buckets[i] = l.block
    end
    s.alloc, s.head, s.count, s.newest, s.gone, s.owed, s.cap, s.longest = 0, 0, 0, 0, 0, 0, 0, 0
    -- Permits of before are not told apart any more: none goes back, and no newer one stands on them.
    if s.stored then s.serial = s.serial + 1 end
    s.family, s.blocks, s.stored, s.top = 'b', buckets, false, 0
end
