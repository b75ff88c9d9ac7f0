-- A file that was taken in whole is known again by its content, whatever name it comes under.
create index batch_content on batch (source_id, content_sha256) where state = 'complete';
