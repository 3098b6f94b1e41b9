-- Sliding windows of up to 100 000 permits: one log of charges, in order, read from its newest end.
-- A level admits `n` at t when its (max - n + 1)-th newest charge is at or before t - window.

-- When the j-th newest permit is charged; 0: there is none. Those that had to be forgotten count as
-- charged with the newest of them.
local function nth(j)
    if j > s.count then return j <= s.count + s.owed and s.gone or 0 end
    local at = s.log + (s.head - j) % s.alloc * 8
    local raw = call('GETRANGE', key, at, at + 7)
    return #raw == 8 and struct.unpack('<d', raw) or 0
end

-- How many of the log's charges are later than t.
local function newer(t)
    local low, high = 0, s.count
    while low < high do
        local middle = math.ceil((low + high) / 2)
        if nth(middle) > t then low = middle else high = middle - 1 end
    end
    return low
end

local function log_used(window)
    local n = newer(now - window)
    if n == s.count and s.gone > now - window then n = n + s.owed end
    return n
end

-- Charges are kept in order: one that would be earlier than the newest is charged with it.
local function log_charge(n, at)
    if s.count + n > s.alloc then
        -- What no window reaches makes room first, then the ring grows, then the oldest are forgotten.
        -- Where much is promised, 10 000 more than the largest level looks back on: as many reservations
        -- can be taken back with nothing of what is used forgotten.
        local expired = now - s.longest
        if s.count > 0 and nth(s.count) <= expired then s.count = newer(expired) end
        if s.gone <= expired then s.owed = 0 end
        local most = s.cap + (s.count + n > s.cap + 64 and 10000 or 64)
        if s.count + n > s.alloc and s.alloc < most then
            settle(math.min(most, max(16, 2 * s.alloc, s.count + n)))
        end
        local lost = s.count + n - s.alloc
        if lost > 0 then
            s.gone = nth(s.count - lost + 1)
            s.owed = s.owed + lost
            s.count = s.count - lost
        end
    end
    s.newest = max(s.newest, at)
    local entry = struct.pack('<d', s.newest)
    local before_end = math.min(n, s.alloc - s.head)
    call('SETRANGE', key, s.log + s.head * 8, entry:rep(before_end))
    if n > before_end then call('SETRANGE', key, s.log, entry:rep(n - before_end)) end
    s.head = (s.head + n) % s.alloc
    s.count = s.count + n
end

local function log_undo(n)
    local known = math.min(n, s.count)
    s.owed = max(s.owed - (n - known), 0)
    s.count = s.count - known
    s.head = (s.head - known) % max(s.alloc, 1)
    s.newest = nth(1)
end
