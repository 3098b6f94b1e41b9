-- One word of one process about a shared circuit, and what all of them come to.
--   KEYS  the state (a hash), who finds it broken, who finds it sound (sorted sets by end of validity)
--   ARGV  who, epoch, finding, trial, wish, hold, reset time, longest reset time, then how long a
--         view, a turn and shyness last. All times are µs.
local call, max, min = redis.call, math.max, math.min
local time = call('TIME')
local now = time[1] * 1000000 + time[2]
local who, finding, trial, wish = ARGV[1], ARGV[3], ARGV[4], ARGV[5]
local epoch, hold, reset, longest = tonumber(ARGV[2]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local view_time, turn_time, shy_time = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local state_key, broken_key, sound_key = KEYS[1], KEYS[2], KEYS[3]

local function text(n) return string.format('%.0f', n) end

local raw = call('HMGET', state_key, 'epoch', 'healed', 'open', 'since', 'wait', 'until', 'turn', 'turnEnds', 'shy',
    'wanted')
-- What others wrote here must not stay: it counts as nothing.
local function number(i)
    local n = tonumber(raw[i] or '') or 0
    return n >= 0 and n < 2 ^ 53 and n or 0
end
local s = {epoch = number(1), healed = number(2), open = raw[3] == '1', since = number(4), wait = number(5),
    till = number(6), turn = raw[7] or '', ends = number(8), shy = raw[9] or '', wanted = raw[10] == '1'}

-- New, lost, or restored from a time before: what was found then has to be said anew.
if s.epoch < 1 or epoch > s.epoch then
    s = {epoch = max(now, epoch + 1), healed = 0, open = false, since = 0, wait = 0, till = 0, turn = '',
        ends = 0, shy = '', wanted = false}
    call('DEL', broken_key, sound_key)
end
-- Redis's clock may have gone back with a failover: nothing lasts longer than it was given.
s.since = min(s.since, now)
s.till = min(s.till, now + max(s.wait, longest))
if s.ends <= now or s.ends > now + turn_time then s.turn = '' end
if s.turn == 'check' .. who or s.turn == 'probe' .. who then s.mine = s.turn:sub(1, 5) end

local speaks = epoch == s.epoch or epoch == 0
if speaks and s.open then
    if trial == 'proven' and (s.mine or s.turn == '') then
        s.healed, s.epoch, s.open, s.turn, s.shy = s.epoch, max(now, s.epoch + 1), false, '', ''
        s.wanted = false
        speaks = false
        call('DEL', broken_key, sound_key)
    elseif trial == 'failed' and s.mine == 'probe' then
        s.wait = min(s.wait * 2, max(longest, s.wait))
        s.since, s.till, s.turn, s.shy = now, now + s.wait, '', who
    elseif trial == 'well' and s.mine == 'check' then
        s.till, s.turn = min(s.till, now), ''
    elseif trial == 'sick' and s.mine == 'check' then
        s.till = max(s.till, min(now + hold, s.since + longest))
    end
end

-- First what needs memory, which fails before anything is taken away.
if speaks and finding ~= 'unsure' then
    call('ZADD', finding == 'broken' and broken_key or sound_key, text(now + view_time), who)
end
if finding ~= 'broken' then call('ZREM', broken_key, who) end
if finding ~= 'sound' then call('ZREM', sound_key, who) end
for _, key in ipairs({broken_key, sound_key}) do
    call('ZREMRANGEBYSCORE', key, '-inf', text(now))
    call('ZREMRANGEBYSCORE', key, '(' .. text(now + view_time), '+inf')
    call('PEXPIRE', key, math.ceil(view_time / 1000))
end
local broken, sound = call('ZCARD', broken_key), call('ZCARD', sound_key)
if not s.open and broken >= 2 and broken > sound then
    s.open, s.since, s.wait, s.till, s.turn, s.shy = true, now, reset, now + reset, '', ''
    s.wanted = false
end

local mine = s.turn ~= '' and s.turn:sub(6) == who and s.turn:sub(1, 5) or ''
local turn = 0
if s.open and wish == 'check' and now < s.till and (s.turn == '' or mine ~= '') then
    turn = 1
elseif s.open and wish == 'probe' and now >= s.till then
    local free = s.turn == '' or mine ~= '' or s.turn:sub(1, 5) == 'check'
    local shy = s.shy == who and mine ~= 'probe' and now < s.till + shy_time
    if free and not shy then turn = 2 end
end
if turn > 0 then
    if s.turn ~= wish .. who then s.wanted = false end
    s.turn, s.ends = wish .. who, now + turn_time
else
    if mine ~= '' then s.turn = '' end
    if s.open and wish == 'probe' then s.wanted = true end
end

call('HSET', state_key, 'epoch', text(s.epoch), 'healed', text(s.healed), 'open', s.open and '1' or '0',
    'since', text(s.since), 'wait', text(s.wait), 'until', text(s.till), 'turn', s.turn, 'turnEnds',
    text(s.ends), 'shy', s.shy, 'wanted', s.wanted and '1' or '0')
local rest = s.open and max(s.till - now, 0) or 0
call('PEXPIRE', state_key, math.ceil(rest / 1000) + 60000)
return {s.epoch, s.healed, s.open and 1 or 0, rest, turn, broken, sound, s.wanted and 1 or 0}
