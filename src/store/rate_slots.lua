-- Sliding windows of more than 100 000 permits: permits are counted in slots of 1/1000 of the window
-- and count as charged at their slot's end. A slot is its end and the number of permits up to it,
-- counted from the limiter's first; the newest slot is kept in the block, finished ones in its ring.
local slotted = #s.blocks > 0 and s.family == 'w'
for _, l in ipairs(levels) do
    l.slots = l.max > 100000
    slotted = slotted or l.slots
end

local slot_end, slot_forget, slot_nth, slot_charge, slot_undo
if slotted then
    local floor = math.floor

    -- The i-th oldest slot that is kept.
    local function slot(b, i)
        if i > b.count then return b.last, b.total end
        local at = b.at + (b.first + i - 1) % 1024 * 16
        local pair = call('GETRANGE', key, at, at + 15)
        if #pair < 16 then return 0, b.base end
        return struct.unpack('<dd', pair)
    end

    function slot_end(window, at)
        local length = floor(window / 1000)
        return (floor(at / length) + 1) * length
    end

    function slot_forget(b)
        while b.count > 0 do
            local last, total = slot(b, 1)
            if last > now - b.window then return end
            b.base, b.first, b.count = total, (b.first + 1) % 1024, b.count - 1
        end
        if b.last <= now - b.window then b.base = b.total end
    end

    -- When the j-th newest permit is charged; 0: it no longer matters.
    function slot_nth(b, j)
        local number = b.total - j
        if number < b.base then return 0 end
        local low, high = 1, b.count + 1
        while low < high do
            local middle = floor((low + high) / 2)
            local _, total = slot(b, middle)
            if total > number then high = middle else low = middle + 1 end
        end
        return (slot(b, low))
    end

    function slot_charge(b, n, at)
        local last = slot_end(b.window, at)
        if last > b.last then
            if b.total > b.base then
                -- No slot left: the oldest one's permits count with the next one's.
                if b.count == 1024 then b.first, b.count = (b.first + 1) % 1024, 1023 end
                local pair = struct.pack('<dd', b.last, b.total)
                call('SETRANGE', key, b.at + (b.first + b.count) % 1024 * 16, pair)
                b.count = b.count + 1
            end
            b.last = last
        end
        b.total = b.total + n
    end

    function slot_undo(b, n)
        b.total = max(b.total - n, b.base)
        while b.count > 0 do
            local last, total = slot(b, b.count)
            if total < b.total then return end
            b.last, b.count = last, b.count - 1
        end
        if b.total == b.base then b.last = 0 end
    end

    for _, b in ipairs(s.family == 'w' and s.blocks or {}) do slot_forget(b) end
end
