// node-media-server 2 has no option for the address and listens on all of
// them; this puts 127.0.0.1 into every listen call that names only a port.
const net = require('net'), listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  if (typeof args[0] === 'number' || /^\d+$/.test(args[0])) {
    args.splice(1, typeof args[1] === 'string' ? 1 : 0, '127.0.0.1');
  }
  return listen.apply(this, args);
};

const [library, rtmp, http] = process.argv.slice(2);
const NodeMediaServer = require(library);
new NodeMediaServer({
  logType: 2,
  rtmp: { port: Number(rtmp), chunk_size: 60000, gop_cache: true, ping: 30, ping_timeout: 60 },
  http: { port: Number(http), mediaroot: './media', allow_origin: '*', api: false },
}).run();
