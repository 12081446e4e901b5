-- wrk: the requests of a file, one a line: a path, and after a tab what is posted. Threads take turns, so that no line is
-- sent twice before all were.
local threads = 0

function setup(thread)
  thread:set("offset", threads)
  threads = threads + 1
end

function init(arguments)
  step = tonumber(arguments[2])
  requests = {}
  local headers = {}
  for index = 3, #arguments do
    local name, value = arguments[index]:match("^(.-): (.*)$")
    headers[name] = value
  end
  for line in io.lines(arguments[1]) do
    local path, body = line:match("^([^\t]*)\t(.*)$")
    requests[#requests + 1] = wrk.format(body and "POST" or "GET", path or line, headers, body)
  end
  position = offset - step
end

function request()
  position = (position + step) % #requests
  return requests[position + 1]
end
