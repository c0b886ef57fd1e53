// What Redis does in one step, in its Lua. Each script changes the state, gives what has happened the next offset, keeps it in the log, and tells all servers.

// KEYS of every script: what stands before each key. They belong together: the database is no cluster.
// ARGV of every script: channel, most entries of the log, most bytes of it. What follows is said at each.
const common = `
local prefix = KEYS[1]
local meta, ids, orders, images, maps, seen = prefix .. 'meta', prefix .. 'ids', prefix .. 'orders', prefix .. 'images', prefix .. 'maps', prefix .. 'seen'
local processors, alive, log = prefix .. 'processors', prefix .. 'alive', prefix .. 'log'
local call = redis.call
local function get(field) return call('hget', meta, field) end
local function number(field) return tonumber(get(field) or '0') end
local function milliseconds()
  local time = call('time')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function tell(text)
  local offset = call('hincrby', meta, 'offset', 1)
  local time = call('time')
  local tail = string.format('%.0f-%s%06d', offset, time[1], time[2])
  local entry = tail .. ' ' .. (get('tail') or '0-0') .. ' ' .. text
  call('hset', meta, 'tail', tail)
  local length = call('rpush', log, entry)
  local bytes = call('hincrby', meta, 'logged', #entry)
  while length > 1 and (length > tonumber(ARGV[2]) or bytes > tonumber(ARGV[3])) do
    bytes = call('hincrby', meta, 'logged', -#call('lpop', log))
    length = length - 1
  end
  call('publish', ARGV[1], get('epoch') .. ' ' .. entry)
  return offset
end
local function size(id)
  -- An object without a feature map has an empty one, of two bytes.
  local bytes = call('hstrlen', maps, id)
  if bytes == 0 then return 2 end
  return bytes
end
local function remove(id, cause)
  -- What takes no memory comes first: it is done also where Redis is full.
  local bytes = call('hstrlen', images, id) + size(id)
  call('hdel', orders, id)
  call('hdel', images, id)
  call('hdel', maps, id)
  call('hdel', seen, id)
  call('zrem', ids, id)
  call('hincrby', meta, 'bytes', -bytes)
  return tell('stopped ' .. id .. ' ' .. cause .. '\\n')
end
`

const whereReady = `${common}
if get('ready') ~= '1' then return {'away'} end
`

/** ARGV: key of the camera, order, picture or nothing, most objects, most bytes. Gives `started`, number, offset. */
export const start = `${whereReady}
if call('hexists', processors, ARGV[4]) == 0 then return {'unknown-camera'} end
if call('zcard', ids) >= tonumber(ARGV[7]) or number('bytes') + #ARGV[6] + 2 > tonumber(ARGV[8]) then return {'full'} end
local id = string.format('%.0f', call('hincrby', meta, 'id', 1))
call('zadd', ids, id, id)
call('hset', orders, id, ARGV[5])
if ARGV[6] ~= '' then call('hset', images, id, ARGV[6]) end
call('hincrby', meta, 'bytes', #ARGV[6] + 2)
return {'started', tonumber(id), tell('started ' .. id .. ' ' .. #ARGV[5] .. '\\n' .. ARGV[5] .. ARGV[6])}`

/** ARGV: number, feature map, most bytes. Gives `done`, offset. */
export const map = `${whereReady}
local id = ARGV[4]
if call('hexists', orders, id) == 0 then return {'unknown'} end
local more = #ARGV[5] - size(id)
if more > 0 and number('bytes') + more > tonumber(ARGV[6]) then return {'full'} end
call('hset', maps, id, ARGV[5])
call('hincrby', meta, 'bytes', more)
return {'done', tell('mapped ' .. id .. '\\n' .. ARGV[5])}`

/** ARGV: number. Gives `done`, offset. */
export const stop = `${whereReady}
if call('hexists', orders, ARGV[4]) == 0 then return {'unknown'} end
return {'done', remove(ARGV[4], 'client')}`

/** ARGV: of each object its number and the last sighting that is known, in milliseconds. Gives `done` and the numbers of those that have been seen since. */
export const expire = `${whereReady}
local later = {'done'}
for i = 4, #ARGV, 2 do
  if call('hexists', orders, ARGV[i]) == 1 then
    local at = call('hget', seen, ARGV[i])
    if at and tonumber(at) > tonumber(ARGV[i + 1]) then table.insert(later, tonumber(ARGV[i])) else remove(ARGV[i], 'expired') end
  end
end
return later`

/** ARGV: of each object its number and when it was seen, in milliseconds. */
export const touch = `${whereReady}
for i = 4, #ARGV, 2 do
  if call('hexists', orders, ARGV[i]) == 1 and tonumber(call('hget', seen, ARGV[i]) or '0') < tonumber(ARGV[i + 1]) then
    call('hset', seen, ARGV[i], ARGV[i + 1])
  end
end
return {'done'}`

/** ARGV: key of the camera, registration, milliseconds that it lives. */
export const register = `${whereReady}
local held = call('hget', processors, ARGV[4])
call('zadd', alive, milliseconds() + ARGV[6], ARGV[4])
if held and string.match(held, '^%S+') == string.match(ARGV[5], '^%S+') then return {'done'} end
call('hset', processors, ARGV[4], ARGV[5])
return {'done', tell('online ' .. ARGV[5])}`

/** ARGV: key of the camera, word of its registration. */
export const unregister = `${whereReady}
local held = call('hget', processors, ARGV[4])
if not held or string.match(held, '^%S+') ~= ARGV[5] then return {'unknown'} end
call('hdel', processors, ARGV[4])
call('zrem', alive, ARGV[4])
return {'done', tell('offline ' .. held)}`

/**
 * ARGV: milliseconds that registrations live, offset up to which the server knows what has happened, then of each its camera's key and itself. One that has been lost comes again,
 * unless a newer one has taken its place. One may have done so and ended, of which the server has not heard yet: then it is left out. Gives `done`, or `behind` and the offset to hear of first.
 */
export const keep = `${whereReady}
local deadline = milliseconds() + ARGV[4]
local ahead = number('offset') - tonumber(ARGV[5])
local newer, isAllUnheard, isBehind = nil, false, false
-- Whether somebody has registered for a camera of whom the server has not heard yet. Asked first before anything is told here.
local function mayBeReplaced(registration)
  if not newer then
    newer = {}
    local length = call('llen', log)
    isAllUnheard = ahead < 0 or ahead > math.min(length, 1000)
    for index = length - ahead, length - 1 do
      if isAllUnheard then break end
      local text = string.match(call('lindex', log, index), '^%S+ %S+ online %S+ %S+\\n(.*)$')
      if text then newer[text] = true end
    end
  end
  return isAllUnheard or newer[string.match(registration, '\\n(.*)$')] == true
end
for i = 6, #ARGV, 2 do
  local held = call('hget', processors, ARGV[i])
  local word, since = string.match(ARGV[i + 1], '^(%S+) (%S+)\\n')
  local heldWord, heldSince = nil, '-1'
  if held then heldWord, heldSince = string.match(held, '^(%S+) (%S+)\\n') end
  if heldWord == word then
    call('zadd', alive, deadline, ARGV[i])
  elseif tonumber(since) > tonumber(heldSince) then
    if mayBeReplaced(ARGV[i + 1]) and not held then
      isBehind = true
    else
      call('zadd', alive, deadline, ARGV[i])
      call('hset', processors, ARGV[i], ARGV[i + 1])
      tell('online ' .. ARGV[i + 1])
    end
  end
end
if isBehind then return {'behind', number('offset')} end
return {'done'}`

/** ARGV: milliseconds that registrations live. Ends those whose server has not been heard of for so long, unless Redis has not been heard of either. Gives `done`, epoch, offset, highest number. */
export const sweep = `${whereReady}
local time, lifetime = milliseconds(), tonumber(ARGV[4])
if time - number('beat') > lifetime / 2 then call('hset', meta, 'grace', time + lifetime) end
call('hset', meta, 'beat', time)
if time > number('grace') then
  for _, key in ipairs(call('zrangebyscore', alive, '-inf', time, 'limit', 0, 100)) do
    local held = call('hget', processors, key)
    call('hdel', processors, key)
    call('zrem', alive, key)
    if held then tell('offline ' .. held) end
  end
end
return {'done', get('epoch'), number('offset'), number('id')}`

/**
 * ARGV: server, its epoch, its offset, the highest number that it knows of, an epoch for the case that a new one begins, milliseconds in which servers gather then, milliseconds that the
 * one that restores has between two steps. Gives `ready`, epoch, offset, tail, highest number; or `restore`, epoch, where Redis has lost what it had and this server is to bring it back; or `wait`.
 */
export const join = `${common}
local server, time = ARGV[4], milliseconds()
local epoch, mine = get('epoch'), tonumber(ARGV[6])
local isOlder = epoch == ARGV[5] and number('offset') < mine
if not epoch or (get('ready') == '1' and isOlder) then
  epoch = ARGV[8]
  call('hset', meta, 'epoch', epoch, 'ready', '0', 'until', time + ARGV[9])
  call('hdel', meta, 'restorer', 'best', 'begun')
end
if number('id') < tonumber(ARGV[7]) then call('hset', meta, 'id', ARGV[7]) end
if get('ready') == '1' then return {'ready', epoch, number('offset'), get('tail') or '0-0', number('id')} end
local deadline, begun = number('until'), get('begun')
if not begun and time < deadline then
  if mine > tonumber(get('best') or '-1') then call('hset', meta, 'best', ARGV[6], 'restorer', server) end
  return {'wait'}
end
local latest = deadline
if not begun then latest = deadline + ARGV[10] end
if get('restorer') ~= server and time < latest then return {'wait'} end
call('hset', meta, 'restorer', server, 'begun', '1', 'until', time + ARGV[10])
return {'restore', epoch}`

const whereRestoring = `${common}
if get('epoch') ~= ARGV[4] or get('restorer') ~= ARGV[5] or get('ready') == '1' then return {'lost'} end
call('hset', meta, 'until', milliseconds() + ARGV[6])
`

/** ARGV of this and the next three: epoch, server, milliseconds until the next step. Begins with nothing. */
export const restoreNothing = `${whereRestoring}
for _, key in ipairs({ids, orders, images, maps, seen, processors, alive, log}) do call('unlink', key) end
call('hset', meta, 'offset', 0, 'bytes', 0, 'logged', 0)
call('hdel', meta, 'tail')
return {'done'}`

/** ARGV: of each object its number, order, picture or nothing, feature map or nothing, last sighting. */
export const restoreObjects = `${whereRestoring}
for i = 7, #ARGV, 5 do
  local id = ARGV[i]
  call('zadd', ids, id, id)
  call('hset', orders, id, ARGV[i + 1])
  if ARGV[i + 2] ~= '' then call('hset', images, id, ARGV[i + 2]) end
  if ARGV[i + 3] ~= '' then call('hset', maps, id, ARGV[i + 3]) end
  call('hset', seen, id, ARGV[i + 4])
  call('hincrby', meta, 'bytes', #ARGV[i + 2] + size(id))
end
return {'done'}`

/** ARGV: milliseconds that registrations live, then of each its camera's key and itself. */
export const restoreProcessors = `${whereRestoring}
for i = 8, #ARGV, 2 do
  call('hset', processors, ARGV[i], ARGV[i + 1])
  call('zadd', alive, milliseconds() + ARGV[7], ARGV[i])
end
return {'done'}`

/** All is there again; the others are told to come and see. */
export const restoreEnd = `${whereRestoring}
call('hset', meta, 'ready', '1')
call('hdel', meta, 'restorer', 'best', 'begun', 'until')
call('publish', ARGV[1], ARGV[4] .. ' ')
return {'done'}`

/**
 * ARGV: epoch, offset, tail or nothing for the oldest that there is, most entries, bytes after which no other is added. Gives `log` and what has happened after that offset,
 * `lost` where that is not known, `other` where the epoch is another.
 */
export const read = `${common}
if get('epoch') ~= ARGV[4] or get('ready') ~= '1' then return {'other'} end
local offset, mine = number('offset'), tonumber(ARGV[5])
if mine > offset then return {'other'} end
if mine == offset and ARGV[6] ~= '' and (get('tail') or '0-0') ~= ARGV[6] then return {'lost'} end
local length = call('llen', log)
local index = length - (offset - mine)
if index < 0 and ARGV[6] ~= '' then return {'lost'} end
if index < 0 then index = 0 end
local out, bytes = {'log'}, 0
while index < length and #out <= tonumber(ARGV[7]) and bytes < tonumber(ARGV[8]) do
  local entry = call('lindex', log, index)
  table.insert(out, entry)
  bytes = bytes + #entry
  index = index + 1
end
return out`

/** ARGV: a number, most objects, bytes after which no other is added. Gives of each object with a higher number: number, order, picture or nothing, feature map or nothing, last sighting or nothing. */
export const page = `${common}
local out, bytes = {}, 0
for _, id in ipairs(call('zrangebyscore', ids, '(' .. ARGV[4], '+inf', 'limit', 0, ARGV[5])) do
  local order, image, map = call('hget', orders, id) or '', call('hget', images, id) or '', call('hget', maps, id) or ''
  for _, value in ipairs({id, order, image, map, call('hget', seen, id) or ''}) do table.insert(out, value) end
  bytes = bytes + #order + #image + #map
  if bytes >= tonumber(ARGV[6]) then break end
end
return out`
